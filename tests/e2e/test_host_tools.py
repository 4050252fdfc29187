"""What hosts do: to others, to the door, to the whole call. And what everybody may: hands, chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.person import Person
from tests.e2e.waiting import eventually, perceive_each_other, perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]


async def call_of(everybody: list[Person]) -> str:
    """The first one is its host."""
    call_id = await everybody[0].create_call()
    for person in everybody:
        await person.enter(call_id)
    await perceive_each_other(everybody)
    return call_id


async def act(host: Person, action: str, other: Person) -> None:
    await host.tap("more")
    await host.tap("people")
    await host.tap(f"menu-{other.id}")
    await host.tap(f"{action}-{other.id}")
    await host.tap("close-sheet")


async def switch_lock(host: Person) -> None:
    await host.tap("more")
    await host.tap("people")
    await host.tap("lock")
    await host.tap("close-sheet")


async def test_host_mutes_and_stops_video_and_the_person_may_undo_it(people: People) -> None:
    anna, boris, clara = await people(3)
    await call_of([anna, boris, clara])
    await act(anna, "mute", boris)
    for other in (anna, clara):
        await other.page.wait_for_selector(f'[data-testid="tile-{boris.id}"][data-audio="false"]')
        await eventually(lambda o=other: o.hears_nothing_of(boris.id), "the muted one is silent")  # type: ignore[misc]
        assert await other.sees(boris.id, boris.look)
    assert await boris.find("mic").get_attribute("aria-pressed") == "false"
    await act(anna, "stop_video", boris)
    for other in (anna, clara):
        await other.page.wait_for_selector(f'[data-testid="tile-{boris.id}"][data-video="false"]')
    await boris.tap("mic")
    await boris.tap("camera")
    for other in (anna, clara):
        await perceives(other, boris)


async def test_removed_is_out_and_does_not_come_back(people: People) -> None:
    anna, boris, clara = await people(3)
    call_id = await call_of([anna, boris, clara])
    await act(anna, "remove", clara)
    assert await clara.failure() == "removed"
    for person, other in ((anna, boris), (boris, anna)):
        await eventually(lambda p=person, o=other: p.sees_tiles_of([o.id]), "the removed one is gone")  # type: ignore[misc]
    await clara.prepare(call_id)
    await clara.tap("join")
    assert await clara.failure() == "removed"
    await perceive_each_other([anna, boris])


async def test_only_hosts_have_the_tools_until_one_makes_another_host(people: People) -> None:
    anna, boris, clara = await people(3)
    await call_of([anna, boris, clara])
    await boris.tap("more")
    assert await boris.find("end-for-all").count() == 0
    await boris.tap("people")
    assert await boris.find("lock").count() == 0
    assert await boris.find(f"menu-{clara.id}").count() == 0
    await boris.tap("close-sheet")
    await act(anna, "make_host", boris)
    await boris.tap("more")
    await boris.tap("people")
    await boris.find(f"host-{boris.id}").wait_for()
    await boris.tap("close-sheet")
    await act(boris, "mute", clara)
    await clara.page.wait_for_selector('[data-testid="tile-self"][data-audio="false"]')


async def test_who_comes_to_a_locked_call_knocks_and_is_let_in(people: People) -> None:
    anna, boris, clara = await people(3)
    call_id = await call_of([anna, boris])
    await switch_lock(anna)
    await boris.find("locked").wait_for()
    await clara.prepare(call_id)
    await clara.tap("join")
    await clara.find("waiting-room").wait_for()
    await anna.find("knock").wait_for()
    assert await boris.find("knock").count() == 0
    assert await boris.sees_tiles_of([anna.id])
    await anna.tap("admit")
    await clara.phase("in_call")
    await perceive_each_other([anna, boris, clara])
    assert await anna.find("knock").count() == 0


async def test_who_knocks_is_answered_from_the_list_of_participants(people: People) -> None:
    anna, boris, clara = await people(3)
    call_id = await call_of([anna])
    await anna.tap("more")
    await anna.tap("people")
    await anna.tap("lock")
    for person in (boris, clara):
        await person.prepare(call_id)
        await person.tap("join")
        await anna.find(f"waiting-{person.id}").wait_for()
    await anna.tap(f"admit-{boris.id}")
    await boris.phase("in_call")
    await anna.tap(f"turn-away-{clara.id}")
    assert await clara.failure() == "locked"
    await anna.find("waiting-people").wait_for(state="detached")
    await anna.tap("close-sheet")
    await perceive_each_other([anna, boris])


async def test_who_knocks_is_turned_away_or_comes_in_with_the_unlocking(people: People) -> None:
    anna, boris, clara = await people(3)
    call_id = await call_of([anna])
    await switch_lock(anna)
    await boris.prepare(call_id)
    await boris.tap("join")
    await anna.find("knock").wait_for()
    await anna.tap("turn-away")
    assert await boris.failure() == "locked"
    await clara.prepare(call_id)
    await clara.tap("join")
    await anna.find("knock").wait_for()
    await switch_lock(anna)
    await clara.phase("in_call")
    await perceive_each_other([anna, clara])


async def test_host_ends_the_call_for_everybody(people: People) -> None:
    anna, boris = await people(2)
    await call_of([anna, boris])
    await anna.tap("more")
    await anna.tap("end-for-all")
    await anna.page.get_by_role("button", name="End", exact=True).click()
    for person, told in (
        (anna, "You have ended the call for everybody."),
        (boris, "A host has ended the call."),
    ):
        await person.phase("ended")
        await person.page.get_by_text(told).wait_for()


async def test_hands_reactions_and_chat_reach_everybody(people: People) -> None:
    anna, boris, clara = await people(3)
    await call_of([anna, boris, clara])
    await boris.tap("more")
    await boris.tap("hand")
    await boris.tap("more")
    await boris.tap("react-👍")
    for person in (anna, boris, clara):
        await person.find(f"reaction-{boris.id}").wait_for()
    for other in (anna, clara):
        await other.find(f"hand-{boris.id}").wait_for()
    await boris.tap("more")
    await boris.tap("chat")
    await boris.find("chat-input").fill("<b>hello</b>")
    await boris.tap("chat-send")
    for person in (anna, clara):
        await person.find("unread").wait_for()
        await person.tap("more")
        await person.tap("chat")
    for person in (anna, boris, clara):
        assert "<b>hello</b>" in await person.find("chat-line").inner_text()


async def test_always_via_server_never_connects_directly(people: People) -> None:
    anna, boris = await people(2)
    await boris.page.goto(f"{boris.url}/settings")
    await boris.tap("via-server")
    await call_of([anna, boris])
    for person in (anna, boris):
        await person.topology("sfu")
    connected = "() => telcallListening.peers.filter((p) => p.connectionState === 'connected').length"
    assert await boris.page.evaluate(connected) == 1


async def test_the_speaker_has_a_ring_and_a_tile_tapped_twice_is_the_large_one(people: People) -> None:
    anna, boris, clara = await people(3)
    await call_of([anna, boris, clara])
    for other in (boris, clara):
        await anna.page.wait_for_selector(f'[data-testid="tile-{other.id}"][data-speaking="true"]')
    await boris.tap("mic")
    await anna.page.wait_for_selector(f'[data-testid="tile-{boris.id}"][data-speaking="false"]')
    await anna.find(f"tile-{clara.id}").dblclick()
    await anna.page.wait_for_selector("[data-pinned]")

    async def is_large() -> bool:
        large, small = [await anna.find(f"tile-{who.id}").bounding_box() for who in (clara, boris)]
        return bool(large["height"] > 2 * small["height"])

    await eventually(is_large, "the pinned tile is the large one")
    await perceives(anna, clara)
