"""What people notice when a path breaks: nothing but a moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.person import Person
from tests.e2e.serving import Serving
from tests.e2e.waiting import eventually, perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]

REMEMBER_SOCKETS = """
(() => {
  window.testSockets = [];
  const Original = WebSocket;
  window.WebSocket = class extends Original {
    constructor(...args) { super(...args); window.testSockets.push(this); }
  };
})();
"""


async def test_two_without_a_direct_way_talk_through_the_server(people: People, server: Serving) -> None:
    anna, boris = await people(2)
    for person in (anna, boris):
        await person.without_a_direct_way()
    call_id = await anna.create_call()
    await anna.enter(call_id)
    await boris.enter(call_id)
    for person in (anna, boris):
        await person.topology("sfu")
    await perceive_each_other([anna, boris])
    assert server.counted("telcall_forwarded_packets_total") > 0


async def test_a_lost_socket_comes_back_without_asking_for_anything(people: People) -> None:
    everybody = anna, boris, clara = await people(3)
    await boris.context.add_init_script(REMEMBER_SOCKETS)
    call_id = await anna.create_call()
    for person in everybody:
        await person.enter(call_id)
    await perceive_each_other(everybody)
    await boris.page.evaluate(
        "() => { window.asked = 0; const media = navigator.mediaDevices;"
        " const original = media.getUserMedia.bind(media);"
        " media.getUserMedia = (...args) => { window.asked += 1; return original(...args); };"
        " window.testSockets.at(-1).close(); }"
    )

    async def opened_again() -> bool:
        return bool(await boris.page.evaluate("() => window.testSockets.length > 1"))

    await eventually(opened_again, "the page opened another socket")
    await boris.phase("in_call")
    for person, others in ((anna, (boris, clara)), (boris, (anna, clara)), (clara, (anna, boris))):
        ids = [other.id for other in others]
        await eventually(lambda p=person, i=ids: p.sees_tiles_of(i), "everybody is back")  # type: ignore[misc]
    await perceive_each_other(everybody)
    assert await boris.page.evaluate("() => window.asked") == 0


async def test_a_second_tab_takes_the_call_over(people: People) -> None:
    anna, boris = await people(2)
    call_id = await anna.create_call()
    for person in (anna, boris):
        await person.enter(call_id)
    await perceive_each_other([anna, boris])
    first = boris.page
    second = await boris.context.new_page()
    second.set_default_timeout(60_000)
    boris.page = second
    await boris.enter(call_id)
    await first.wait_for_selector('[data-failure="replaced"]')
    await perceive_each_other([anna, boris])
