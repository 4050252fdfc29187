"""What happens to mesh clients in a group: each test ends with all of them perceiving all."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.gatherings import (
    People,
    all_perceive_all,
    documented,
    each_uploads_once,
    new_call,
    one_after_another,
)
from tests.e2e.mesh_person import MeshPerson
from tests.e2e.person import Person
from tests.e2e.serving import Serving
from tests.e2e.waiting import eventually, perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

BREAK_PATHS = """() => {
  // As after a change of network: ICE says that it is disconnected, until the restart is through.
  for (const peer of telcallListening.peers) {
    if (peer.connectionState === "closed") continue;
    Object.defineProperty(peer, "iceConnectionState", { value: "disconnected", configurable: true });
    peer.dispatchEvent(new Event("iceconnectionstatechange"));
    setTimeout(() => delete peer.iceConnectionState, 2000);
  }
}"""


async def unseen_by(one: Person, other: Person) -> None:
    async def unseen() -> bool:
        return not await other.sees(one.id, one.look)

    await eventually(unseen, f"{other.look.name} no longer sees {one.look.name}")


async def group(people: People, count: int) -> list[MeshPerson]:
    everybody = await documented(people, count)
    await one_after_another(everybody)
    await all_perceive_all(everybody)
    return everybody


async def test_camera_goes_off_and_on_three_times(people: People) -> None:
    """Each time as another m-line of the client's; the others get it on the one that they have."""
    anna, boris, clara = everybody = await group(people, 3)
    for _ in range(3):
        await boris.switch_camera()
        await unseen_by(boris, anna)
        await unseen_by(boris, clara)
        await boris.switch_camera()
        await perceives(anna, boris)
        await perceives(clara, boris)
    await all_perceive_all(everybody)
    await each_uploads_once(everybody)


async def test_all_press_the_camera_button_at_the_same_instant(people: People) -> None:
    everybody = await group(people, 3)
    for state in ("off", "on"):
        at_ms = await everybody[0].page.evaluate("() => Date.now() + 700")
        await asyncio.gather(*(person.tap_at("camera", at_ms) for person in everybody))
        await asyncio.gather(*(person.camera(state) for person in everybody))
        await asyncio.sleep(1)
    await all_perceive_all(everybody)
    await each_uploads_once(everybody)


async def test_two_press_the_camera_button_twice_in_a_row(people: People) -> None:
    """Faster than anything can be agreed on."""
    anna, boris, clara = everybody = await group(people, 3)
    at_ms = await anna.page.evaluate("() => Date.now() + 700")
    await asyncio.gather(
        *(person.tap_at("camera", at_ms + wait_ms) for person in (anna, boris) for wait_ms in (0, 120))
    )
    for person in (anna, boris):
        await asyncio.sleep(0.5)
        await person.camera("on")
    await all_perceive_all(everybody)
    await perceives(clara, anna)


async def test_one_leaves_and_comes_back_and_reloads(people: People) -> None:
    anna, boris, clara = everybody = await documented(people, 3)
    call_id = await one_after_another(everybody)
    await all_perceive_all(everybody)
    for person, others in ((anna, [boris, clara]), (clara, [anna, boris])):
        await person.leave()
        await all_perceive_all(others)
        await person.enter(call_id)
        await all_perceive_all(everybody)
    await boris.reload()
    await all_perceive_all(everybody)
    await each_uploads_once(everybody)


async def test_upload_moves_when_its_partner_leaves(people: People) -> None:
    everybody = await group(people, 4)
    anna = everybody[0]
    partner_id = await anna.carrier()
    partner = next(person for person in everybody if person.id == partner_id)
    everybody.remove(partner)
    await partner.leave()
    await all_perceive_all(everybody)
    await each_uploads_once(everybody)


@pytest.mark.parametrize("late", [1, 2])
async def test_microphone_permission_comes_late(late: int, people: People) -> None:
    """Until then the client answers nobody, and then it asks for its microphone several times at once."""
    everybody = await documented(people, 3)
    call_id = await new_call(everybody[0])
    for at, person in enumerate(everybody):
        await person.enter(call_id, camera=False, microphone_after_s=4 if at == late else 0)
    for person in everybody:
        await person.settled()
        await person.switch_camera()
    await all_perceive_all(everybody)
    await each_uploads_once(everybody)


async def test_muted_is_not_heard_but_seen(people: People) -> None:
    anna, boris, clara = everybody = await group(people, 3)
    await clara.tap("mic")
    for other in (anna, boris):
        await eventually(lambda o=other: o.hears_nothing_of(clara.id), "the muted one is silent")  # type: ignore[misc]
        assert await other.sees(clara.id, clara.look)
    await clara.tap("mic")
    await all_perceive_all(everybody)


async def test_paths_are_restarted_from_the_clients_side(people: People) -> None:
    everybody = await group(people, 3)
    await asyncio.gather(*(person.page.evaluate(BREAK_PATHS) for person in everybody[:2]))
    await asyncio.sleep(4)
    await all_perceive_all(everybody)


async def test_two_whose_direct_path_breaks_go_through_the_server(people: People, server: Serving) -> None:
    """The server knows it by their restart of ICE."""
    pair = await group(people, 2)
    forwarded = server.counted("telcall_forwarded_packets_total")
    await asyncio.gather(*(person.page.evaluate(BREAK_PATHS) for person in pair))

    async def forwards() -> bool:
        return server.counted("telcall_forwarded_packets_total") > forwarded

    await eventually(forwards, "the server forwards")
    await all_perceive_all(pair)
    await each_uploads_once(pair)


async def test_another_tab_takes_over(people: People) -> None:
    everybody = await documented(people, 3)
    call_id = await one_after_another(everybody)
    await all_perceive_all(everybody)
    await everybody[1].continue_in_another_tab(call_id)
    await all_perceive_all(everybody)
    await each_uploads_once(everybody)
