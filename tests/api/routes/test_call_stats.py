"""Call statistics over REST: who may, which values, and a summary that counts people."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from store.queries.calls import find_call
from store.queries.participants import Stay, write_stays
from store.tables import CallStats

if TYPE_CHECKING:
    from store.database import Database
    from tests.api.conftest import Client

FORBIDDEN = (403, "Only participants of the call can do this")
EVERYTHING = {
    "duration_seconds": 600,
    "audio_bitrate_kbps": 32.5,
    "audio_packets_lost": 3,
    "audio_packets_sent": 30_000,
    "audio_jitter_ms": 4.25,
    "video_bitrate_kbps": 900.0,
    "video_packets_lost": 11,
    "video_packets_sent": 60_000,
    "video_frame_rate": 29.5,
    "video_resolution": "1280x720",
    "rtt_ms": 48.0,
    "quality_score": 4.25,
}


async def call_of(database: Database, creator: Client, *people: Client) -> str:
    """A call that `people` have been in."""
    call_id: str = (await creator.post("/api/calls", {})).json["call_id"]
    async with database.transaction() as session:
        found = await find_call(session, call_id)
        assert found is not None
        at = creator.time.utc
        stays = [
            Stay(f"{call_id} {place}", found.call.id, (await person.get("/api/me")).json["id"], at, at)
            for place, person in enumerate(people)
        ]
        if stays:
            await write_stays(session, stays)
    return call_id


async def count(database: Database) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(CallStats)) or 0


async def test_reports_of_a_person_and_call_have_an_end(
    api: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.call_stats.MAX_REPORTS", 2)
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    call_id = await call_of(database, anna, anna, boris)
    report = {"call_id": call_id}
    assert [(await anna.post("/api/call-stats", report)).status for _ in range(3)] == [201, 201, 409]
    assert (await boris.post("/api/call-stats", report)).status == 201
    assert await count(database) == 3


async def test_a_participant_reports_and_reads_it_back(api: Client, database: Database) -> None:
    anna = await api.signed_in(1)
    call_id = await call_of(database, anna, anna)
    answer = await anna.post("/api/call-stats/", {"call_id": call_id, **EVERYTHING, "user_id": 999, "x": 1})
    me = (await anna.get("/api/me")).json["id"]
    assert answer.status == 201
    assert answer.json == {"id": answer.json["id"], "user_id": me, "call_id": call_id, **EVERYTHING}
    bare = await anna.post("/api/call-stats", {"call_id": call_id})
    assert bare.status == 201
    assert bare.json["rtt_ms"] is None
    assert (await anna.get("/api/call-stats")).json == [bare.json, answer.json]
    assert (await anna.get("/api/call-stats/?limit=1")).json == [bare.json]


async def test_only_who_was_there_writes_and_reads(api: Client, database: Database) -> None:
    anna, boris, eve = [await api.signed_in(number) for number in (1, 2, 3)]
    call_id = await call_of(database, anna, boris)
    assert (await boris.post("/api/call-stats", {"call_id": call_id, "rtt_ms": 5})).status == 201
    for stranger in (anna, eve):  # who has made the call was not in it either
        for answer in (
            await stranger.post("/api/call-stats", {"call_id": call_id}),
            await stranger.get(f"/api/call-stats/{call_id}"),
        ):
            assert (answer.status, answer.detail) == FORBIDDEN
        assert (await stranger.get("/api/call-stats")).json == []
    assert await count(database) == 1


@pytest.mark.parametrize("call_id", ["AAAABBBBCCCCDDDD", "%00", "%FF", "x" * 200, "' OR 1=1"])
async def test_an_unknown_call_is_not_found(api: Client, call_id: str) -> None:
    anna = await api.signed_in()
    answer = await anna.get(f"/api/call-stats/{call_id}")
    assert (answer.status, answer.detail) == (404, "Call not found")
    answer = await anna.post("/api/call-stats", {"call_id": call_id.replace("%00", "\0")})
    assert (answer.status, answer.detail) == (404, "Call not found")


async def test_stats_may_come_after_the_end(api: Client, database: Database) -> None:
    anna = await api.signed_in()
    call_id = await call_of(database, anna, anna)
    assert (await anna.post(f"/api/calls/{call_id}/end")).status == 200
    assert (await anna.post("/api/call-stats", {"call_id": call_id})).status == 201


async def test_a_summary_counts_people_not_reports(api: Client, database: Database) -> None:
    anna, boris, vera = [await api.signed_in(number) for number in (1, 2, 3)]
    call_id = await call_of(database, anna, anna, boris, vera)
    assert (await vera.get(f"/api/call-stats/{call_id}")).json == {
        "call_id": call_id,
        "participant_count": 0,
        "avg_duration_seconds": None,
        "avg_audio_bitrate_kbps": None,
        "total_audio_packets_lost": 0,
        "avg_audio_jitter_ms": None,
        "avg_rtt_ms": None,
        "avg_quality_score": None,
    }
    for person, measured in (
        (anna, {"duration_seconds": 100, "audio_bitrate_kbps": 20, "audio_packets_lost": 1, "rtt_ms": 10}),
        (anna, {"duration_seconds": 200, "audio_bitrate_kbps": 40, "audio_packets_lost": 2}),
        (boris, {"duration_seconds": 500, "audio_bitrate_kbps": 60, "audio_packets_lost": 4, "rtt_ms": 30}),
        (boris, {"quality_score": 4.5, "audio_jitter_ms": 2.5}),
    ):
        assert (await person.post("/api/call-stats", {"call_id": call_id, **measured})).status == 201
    assert (await vera.get(f"/api/call-stats/{call_id}/")).json == {
        "call_id": call_id,
        "participant_count": 2,
        "avg_duration_seconds": 400.0,
        "avg_audio_bitrate_kbps": 45.0,
        "total_audio_packets_lost": 7,
        "avg_audio_jitter_ms": 2.5,
        "avg_rtt_ms": 20.0,
        "avg_quality_score": 4.5,
    }


WRONG: list[dict[str, Any]] = [
    {"duration_seconds": -1},
    {"duration_seconds": 2_678_401},
    {"duration_seconds": 1.5},
    {"audio_packets_lost": 2**31},
    {"audio_packets_lost": 10**400},
    {"audio_packets_sent": -1},
    {"audio_jitter_ms": -0.1},
    {"audio_jitter_ms": "fast"},
    {"video_bitrate_kbps": 1e9},
    {"video_frame_rate": 1e308},
    {"video_resolution": "x" * 21},
    {"video_resolution": "1280x720\0"},
    {"video_resolution": "1280x720\n"},
    {"rtt_ms": [1]},
    {"quality_score": 0.5},
    {"quality_score": 5.1},
    {"call_id": None},
    {"call_id": ""},
    {"call_id": 5},
    {"call_id": "x" * 256},
]


@pytest.mark.parametrize("wrong", WRONG)
async def test_values_out_of_range_are_a_422(api: Client, database: Database, wrong: dict[str, Any]) -> None:
    anna = await api.signed_in()
    call_id = await call_of(database, anna, anna)
    answer = await anna.post("/api/call-stats", {"call_id": call_id, **wrong})
    assert answer.status == 422
    assert answer.detail[0]["loc"] == ["body", next(iter(wrong))]
    assert await count(database) == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_no_number_is_no_measure(api: Client, database: Database, number: str) -> None:
    anna = await api.signed_in()
    call_id = await call_of(database, anna, anna)
    body = f'{{"call_id": "{call_id}", "rtt_ms": {number}}}'.encode()
    assert (await anna.post("/api/call-stats", body)).status == 422
    assert await count(database) == 0


@pytest.mark.parametrize("limit", ["0", "-1", "101", "x", "9" * 30])
async def test_the_limit_is_bounded(api: Client, limit: str) -> None:
    anna = await api.signed_in()
    assert (await anna.get(f"/api/call-stats?limit={limit}")).status == 422


async def test_the_newest_fifty_come_by_default(api: Client, database: Database) -> None:
    anna = await api.signed_in()
    call_id = await call_of(database, anna, anna)
    me = (await anna.get("/api/me")).json["id"]
    async with database.transaction() as session:
        session.add_all(
            CallStats(call_id=call_id, user_id=me, created_at=api.time.utc + timedelta(seconds=place))
            for place in range(120)
        )
    rows = (await anna.get("/api/call-stats")).json
    assert len(rows) == 50
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    assert len((await anna.get("/api/call-stats?limit=100")).json) == 100
