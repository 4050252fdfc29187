import asyncio

import pytest

TOLERANCE_HZ = 15


def meets(a, b):
    heard_hz = a.hears(b.user)
    return heard_hz is not None and abs(heard_hz - b.hz) < TOLERANCE_HZ and a.sees(b.user) == b.colour_name


def all_meet(*people):
    return all(meets(a, b) for a in people for b in people if a is not b)


async def test_three_mesh_clients_hear_and_see_each_other_and_upload_once(enter_mesh, eventually, server):
    anna = await enter_mesh(1, hz=440, colour="red")
    boris = await enter_mesh(2, hz=660, colour="green")
    await anna.meet(2)
    vera = await enter_mesh(3, hz=880, colour="blue")
    await anna.meet(3)
    await boris.meet(3)
    await eventually(lambda: all_meet(anna, boris, vera), timeout_s=15)
    assert server.stats().sources == 6


async def test_mesh_and_seated_clients_hear_and_see_each_other(enter, enter_mesh, eventually):
    anna = await enter(2, hz=440, colour="red")
    boris = await enter_mesh(1, [2], hz=660, colour="green")
    vera = await enter_mesh(3, hz=880, colour="blue")
    await boris.meet(3)
    await eventually(lambda: all_meet(anna, boris, vera), timeout_s=15)
