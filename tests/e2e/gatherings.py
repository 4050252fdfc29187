"""People of both kinds of client, and what must hold at the end of every test: all perceive all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.e2e.mesh_person import MeshPerson
from tests.e2e.person import Person
from tests.e2e.waiting import eventually, perceive_each_other

People = Callable[..., Awaitable[list[Person]]]
ONE_OF_EACH = {"audio": 1, "video": 1}
_KINDS: dict[str, type[Person]] = {"m": MeshPerson, "v": Person}


async def of_kinds(people: People, kinds: str) -> list[Person]:
    """For each letter a person, in the order of their user ids: `m` with a mesh client, `v` with ours."""
    return [(await people(1, kind=_KINDS[kind]))[0] for kind in kinds]


async def documented(people: People, count: int) -> list[MeshPerson]:
    arrived = await people(count, kind=MeshPerson)
    return [person for person in arrived if isinstance(person, MeshPerson)]


async def one_after_another(everybody: Sequence[Person], call_id: str | None = None) -> str:
    """All enter with microphone and camera. Returns the call's id."""
    call_id = call_id or await new_call(everybody[0])
    for person in everybody:
        await person.enter(call_id)
    return call_id


async def new_call(person: Person) -> str:
    """Made by the API, as a client of any kind can."""

    async def post(path: str, body: dict[str, object], token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await person.context.request.post(person.url + path, data=body, headers=headers)
        return await answer.json()

    launch = await post("/auth/dev", {"name": person.look.name})
    signed_in = await post("/auth/telegram", {"initData": launch["initData"]})
    created = await post("/api/calls", {"is_video_enabled": True}, signed_in["access_token"])
    return str(created["call_id"])


async def each_uploads_once(everybody: Sequence[Person]) -> None:
    """Exactly one stream of sound and one of pictures leaves each page, over all its connections."""

    async def all_do() -> bool:
        sent = await asyncio.gather(*(person.sends() for person in everybody))
        return all(streams == ONE_OF_EACH for streams in sent)

    await eventually(all_do, "everybody sends one copy of sound and picture", 15)


async def all_perceive_all(everybody: Sequence[Person]) -> None:
    """And nobody is on the screen who is not there, and no client was told of an error."""
    await perceive_each_other(everybody)
    for person in everybody:
        others = [other.id for other in everybody if other is not person]
        await eventually(lambda p=person, o=others: p.sees_tiles_of(o), "exactly those are on the screen")  # type: ignore[misc]
        if isinstance(person, MeshPerson):
            assert await person.error() == ""
