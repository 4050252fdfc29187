"""Waits for what pages come to; says what it was when they do not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tests.e2e.person import Person

PATIENCE_S = 45.0


async def eventually(
    condition: Callable[[], Awaitable[bool]], what: str, timeout_s: float = PATIENCE_S
) -> None:
    """Asks until the answer is yes."""
    try:
        async with asyncio.timeout(timeout_s):
            while not await condition():  # noqa: ASYNC110 - a page tells nothing by itself
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"within {timeout_s:.0f} s it did not become true: {what}") from None


async def perceive_each_other(people: Sequence[Person]) -> None:
    """Everybody hears the tone and sees the colour of everybody else."""
    for listener in people:
        for other in people:
            if other is not listener:
                await perceives(listener, other)


async def perceives(listener: Person, other: Person, timeout_s: float = PATIENCE_S) -> None:
    async def both() -> bool:
        return await listener.hears(other.id, other.look) and await listener.sees(other.id, other.look)

    try:
        await eventually(both, f"{listener.look.name} hears and sees {other.look.name}", timeout_s)
    except AssertionError as error:
        state = await listener.page.evaluate(
            "() => ({...document.querySelector('[data-testid=call-phase]').dataset,"
            " peers: telcallListening.peers.map((p) => p.connectionState)})"
        )
        raise AssertionError(
            f"{error}; heard {await listener.levels(other.id)}, seen {await listener.colour(other.id)},"
            f" page {state}, errors {listener.problems}"
        ) from None
