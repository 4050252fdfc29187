"""How many statements a server sends to its database, counted on the way between the two.

A proxy of PostgreSQL's protocol (its documentation, chapter 'Frontend/Backend Protocol') on a Unix socket
that passes bytes on and looks at their types: `Execute` is a statement, `Query` is BEGIN, COMMIT or ROLLBACK,
which our driver sends so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url


@dataclass(slots=True)
class Counted:
    """`statements`; and `transactions`: the words around them."""

    statements: int = 0
    transactions: int = 0

    def take(self, pending: bytearray) -> None:
        """Count whole messages, and leave what is not whole."""
        at = 0
        while len(pending) - at >= 5:
            size = 1 + int.from_bytes(pending[at + 1 : at + 5], "big")
            if len(pending) - at < size:
                break
            self.statements += pending[at] == ord("E")
            self.transactions += pending[at] == ord("Q")
            at += size
        del pending[:at]


@asynccontextmanager
async def counting(database_url: str, folder: Path) -> AsyncIterator[tuple[str, Counted]]:
    """A URL in the place of `database_url`, and what has passed through it. `folder`: for the socket."""
    url = make_url(database_url)
    host, port = str(url.query["host"]), str(url.query["port"])
    counted = Counted()
    open_tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_tasks.add(task)
        there, back = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, back, counted))
                both.create_task(_pass_on(there, writer, None))
        finally:
            writer.close()
            back.close()
            open_tasks.discard(task)

    server = await asyncio.start_unix_server(serve, folder / f".s.PGSQL.{port}")
    try:
        through = url.update_query_dict({"host": str(folder)})
        yield through.render_as_string(hide_password=False), counted
    finally:
        server.close()
        for task in open_tasks:
            task.cancel()
        if open_tasks:
            await asyncio.wait(open_tasks)


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: Counted | None
) -> None:
    pending, is_first = bytearray(), True
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
            if counted is not None:
                pending += data
                if is_first:  # the start-up message, alone in its kind, has no type; nothing comes with it
                    pending.clear()
                    is_first = False
                counted.take(pending)
        writer.write_eof()
