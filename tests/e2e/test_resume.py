"""A socket that is lost for some seconds: the call goes on, and nobody notices."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.e2e.person import Person
from tests.e2e.waiting import eventually, perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]
CONTINUITY = Path(__file__).with_name("continuity.js")
HOLE_MS, DARK_MS = 150, 100
CUTTABLE = """
(() => {
  // As when a proxy is down that only signaling goes through: `cut(ms)` ends the socket, and new ones fail.
  let [current, until] = [null, 0];
  const Native = WebSocket;
  window.sockets = 0;
  window.WebSocket = class extends Native {
    constructor(url, protocols) {
      super(performance.now() < until ? new URL("/nowhere", url) : url, protocols);
      if (performance.now() >= until) window.sockets += 1;
      current = this;
    }
  };
  window.cut = (ms) => { until = performance.now() + ms; current.close(); };
})();
"""


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("seconds", [1, 5, 14])
async def test_media_goes_on_and_nobody_notices(seconds: int, count: int, people: People) -> None:
    everybody = await people(count)
    anna, boris, *others = everybody
    for person in (anna, boris):
        await person.context.add_init_script(path=CONTINUITY)
    await boris.context.add_init_script(CUTTABLE)
    call_id = await anna.create_call()
    for person in everybody:
        # One voice for each ear: others bring only their picture.
        await person.enter(call_id, microphone=person in (anna, boris))
    for other in others:
        await eventually(lambda o=other: anna.sees(o.id, o.look), "the third is seen")  # type: ignore[misc]
    await perceive_each_other([anna, boris])
    await asyncio.sleep(3)  # a change of paths is over
    connections = await boris.page.evaluate("() => telcallListening.peers.length")

    await anna.watch_for_leaving(boris.id)
    for person, other in ((anna, boris), (boris, anna)):
        await person.page.evaluate("(id) => telcallContinuity.start(id)", other.id)
    await boris.page.evaluate("(ms) => window.cut(ms)", seconds * 1_000)
    await boris.phase("reconnecting")
    await boris.phase("in_call")
    await asyncio.sleep(1)
    for person in (anna, boris):
        found = await person.page.evaluate("() => telcallContinuity.stop()")
        assert found["hole"] <= HOLE_MS, (person.look.name, found)
        assert found["dark"] <= DARK_MS, (person.look.name, found)
    assert await anna.times_gone() == 0
    assert await boris.page.evaluate("() => window.sockets") == 2
    assert await boris.page.evaluate("() => telcallListening.peers.length") == connections
    await perceive_each_other([anna, boris])


async def test_who_is_away_for_longer_has_left_and_comes_back_by_themselves(people: People) -> None:
    everybody = anna, boris, clara = await people(3)
    await boris.context.add_init_script(CUTTABLE)
    call_id = await anna.create_call()
    for person in everybody:
        await person.enter(call_id)
    await perceive_each_other(everybody)
    await boris.page.evaluate("() => window.cut(16000)")
    await boris.phase("reconnecting")
    for person, other in ((anna, clara), (clara, anna)):
        await eventually(
            lambda p=person, o=other: p.sees_tiles_of([o.id]),  # type: ignore[misc]
            "after the window Boris is gone",
            20,
        )
    await boris.phase("in_call")
    await perceive_each_other(everybody)


async def test_what_was_written_meanwhile_is_there(people: People) -> None:
    anna, boris = await people(2)
    await boris.context.add_init_script(CUTTABLE)
    call_id = await anna.create_call()
    for person in (anna, boris):
        await person.enter(call_id)
    await perceive_each_other([anna, boris])
    await boris.page.evaluate("() => window.cut(3000)")
    await boris.phase("reconnecting")
    await anna.tap("more")
    await anna.tap("chat")
    await anna.find("chat-input").fill("Are you there?")
    await anna.tap("chat-send")
    await boris.phase("in_call")
    await boris.find("unread").wait_for()
    await boris.tap("more")
    await boris.tap("chat")
    assert "Are you there?" in await boris.find("chat-line").inner_text()


async def test_a_page_that_is_closed_leaves_at_once(people: People) -> None:
    anna, boris = await people(2)
    call_id = await anna.create_call()
    for person in (anna, boris):
        await person.enter(call_id)
    await perceive_each_other([anna, boris])
    await boris.page.goto(f"{boris.url}/terms")
    await eventually(lambda: anna.sees_tiles_of([]), "the other one has left", 8)  # sooner than the window
