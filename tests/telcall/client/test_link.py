"""The way to the server over a network that loses everything for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from signaling.messages import V2_SUBPROTOCOL, Welcome
from telcall.client.link import Link, try_timeout_s
from telcall.client.rest import Account


def test_a_try_is_short_where_connecting_was_quick_and_a_seat_is_kept() -> None:
    assert try_timeout_s(None, 0) == 5
    assert try_timeout_s(0.05, 0) == 1.5
    assert try_timeout_s(0.8, 14) == 3 * 0.8
    assert try_timeout_s(3, 0) == 5
    assert try_timeout_s(0.05, 15) == 5


class Way:
    """A TCP relay. While `is_cut`, connections are taken and nothing of theirs ever gets through."""

    def __init__(self, port: int) -> None:
        self.port, self._server_port = 0, port
        self.is_cut = False
        self.swallowed = 0
        self._through: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()
            await asyncio.wait(self._tasks)

    def cut(self) -> None:
        self.is_cut = True
        for writer in self._through:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        if self.is_cut:
            self.swallowed += 1
            await reader.read(-1)
            writer.close()
            return
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._through += [writer, to_writer]
        await asyncio.gather(self._pass(reader, to_writer), self._pass(to_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()


async def test_connections_that_hang_are_given_up_for_others(
    url: str, call_id: str, accounts: dict[str, Account]
) -> None:
    way = Way(int(url.rpartition(":")[2]))
    async with way.open():
        link = Link(f"http://127.0.0.1:{way.port}", call_id, accounts["Anna"].token, V2_SUBPROTOCOL)
        async with link:
            first = await link.first()
            assert isinstance(first, Welcome)
            messages = link.messages()

            async def back() -> Welcome:
                async for message in messages:
                    if isinstance(message, Welcome):
                        return message
                raise AssertionError("given up")

            coming = asyncio.create_task(back())
            way.cut()
            while way.swallowed < 3:
                assert not coming.done()
                await asyncio.sleep(0.05)
            way.is_cut = False
            again = await coming
            assert again.resumed
            assert again.session_id == first.session_id
