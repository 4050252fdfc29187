"""Who learns whose address: on the wire of every page, by every message that could carry one."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import WebSocket

from tests.e2e.mesh_person import MeshPerson
from tests.e2e.person import Person
from tests.e2e.waiting import perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]
OF_A_PAIR = ("offer", "answer", "ice_candidate")


class Wire:
    """What a page's sockets have sent and received from now on."""

    def __init__(self, person: Person) -> None:
        self.sent: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        person.page.on("websocket", self._watch)

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self.sent.append(json.loads(frame)))
        socket.on("framereceived", lambda frame: self.received.append(json.loads(frame)))

    def of_pairs(self) -> list[dict[str, Any]]:
        return [message for message in (*self.sent, *self.received) if message["type"] in OF_A_PAIR]


async def test_who_wants_it_all_through_the_server_gives_nobody_an_address(people: People) -> None:
    anna, boris = await people(2)
    annas, his = [Wire(person) for person in (anna, boris)]
    await boris.page.goto(f"{boris.url}/settings")
    await boris.tap("via-server")
    call_id = await anna.create_call()
    for person in (anna, boris):
        await person.enter(call_id)
        if person is boris:
            await person.topology("sfu")
    await perceive_each_other([anna, boris])
    # Anna does not mind: hers may have reached him before the server knew. He has not even tried one of them.
    assert [message for message in his.sent if message["type"] in OF_A_PAIR] == []
    assert [message for message in annas.received if message["type"] in OF_A_PAIR] == []
    states = await boris.page.evaluate("() => telcallListening.peers.map((peer) => peer.connectionState)")
    assert states == ["connected"], "the one connection is that to the server"


async def test_who_comes_third_learns_nothing_of_the_pair(people: People) -> None:
    anna, boris, clara = everybody = await people(3)
    wires = [Wire(person) for person in everybody]
    call_id = await anna.create_call()
    for person in (anna, boris):
        await person.enter(call_id)
    await perceive_each_other([anna, boris])
    assert all(wire.of_pairs() for wire in wires[:2]), "the two have told each other their addresses"
    await clara.enter(call_id)
    await perceive_each_other(everybody)
    assert wires[2].of_pairs() == []


async def test_mesh_client_learns_no_address_but_the_servers_in_a_group(people: People) -> None:
    anna, boris = await people(2)
    clara = (await people(1, kind=MeshPerson))[0]
    wires = [Wire(person) for person in (anna, boris, clara)]
    call_id = await anna.create_call()
    for person in (anna, boris, clara):
        await person.enter(call_id)
    await perceive_each_other([anna, boris, clara])
    said = [message for message in wires[2].received if message["type"] in OF_A_PAIR]
    assert {message["from_user"]["id"] for message in said} == {anna.id, boris.id}
    assert all("a=ice-lite" in message["payload"]["sdp"] for message in said), "each is the server's own word"
    others = [message for wire in wires[:2] for message in wire.received if message["type"] in OF_A_PAIR]
    assert all(message["from_user"]["id"] != clara.id for message in others)
