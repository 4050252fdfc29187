"""`telcall check`: each way to a server's SFU, and a table of what it is worth."""

from __future__ import annotations

import aiohttp
from rich.console import Console
from rich.table import Table

from telcall.client.check import Found, check_way, ways
from telcall.client.errors import ClientError
from telcall.client.rest import Rest
from telcall.errors import StartFailed

MAX_WAYS = 8
_WHY = {
    "no_path": "no packet comes through",
    "lost": "the connection broke",
    "no_echo": "no sound came back",
    "no_relay": "the relay does not answer",
}


async def check(url: str, name: str, token: str | None) -> list[Found]:
    """Tries all, the direct way first. token None: dev sign-in. Raises `StartFailed`."""
    try:
        if token is None:
            async with Rest(url) as rest:
                token = (await rest.sign_in_as(name)).token
        first, *_ = ways(())
        found = [await check_way(url, token, first)]
        for way in ways(found[0].ice_servers)[1:MAX_WAYS]:
            found.append(await check_way(url, token, way))  # noqa: PERF401  # one after the other
        return found
    except ClientError as error:
        raise StartFailed(str(error)) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise StartFailed(f"{url} does not answer ({type(error).__name__})") from error


def show(found: list[Found]) -> None:
    """The table, for people."""
    table = Table(box=None, pad_edge=False)
    for column in (
        "way",
        "state",
        "connected",
        "round trip",
        "lost up/down",
        "jitter up/down",
        "kbps up/down",
    ):
        table.add_column(column)
    for each in found:
        table.add_row(each.way.name, *_cells(each))
    Console(soft_wrap=True).print(table)


def _cells(found: Found) -> list[str]:
    result = found.result
    if found.failure is not None or result is None:
        return [_WHY.get(found.failure or "lost", "")]
    up, down = result.uplink, result.downlink
    sent = up.packets + up.lost
    return [
        "works",
        f"{result.connected_after_ms} ms",
        _ms(down.rtt_ms),
        f"{100 * up.lost / sent if sent else 0:.1f}% / {_percent(down.fraction_lost)}",
        f"{_ms(up.jitter_ms)} / {_ms(down.jitter_ms)}",
        f"{up.kbps:.0f} / {down.kbps:.0f}",
    ]


def _ms(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f} ms"


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{100 * share:.1f}%"
