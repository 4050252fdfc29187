import asyncio

from sfu.control.keyframe_timer import KeyframeTimer
from sfu.dataplane.engine import SourceId


async def test_requests_in_a_row_become_two_the_second_one_later(eventually):
    asked = []
    timer = KeyframeTimer(asked.append)
    for _ in range(50):
        timer.want(SourceId(1))
    assert asked == [1]
    await eventually(lambda: asked == [1, 1])
    timer.close()


async def test_sources_do_not_hold_up_each_other():
    asked = []
    timer = KeyframeTimer(asked.append)
    timer.want(SourceId(1))
    timer.want(SourceId(2))
    assert asked == [1, 2]
    timer.close()


async def test_a_source_that_is_gone_is_not_asked():
    asked = []
    timer = KeyframeTimer(asked.append)
    timer.want(SourceId(1))
    timer.want(SourceId(1))
    timer.forget(SourceId(1))
    await asyncio.sleep(0.6)
    assert asked == [1]
    timer.close()
