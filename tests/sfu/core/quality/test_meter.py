from sfu.core.quality.meter import MIN_PACKETS, Meter, Reception


def sound(expected, lost=0, jitter_us=0):
    return Reception("audio", expected, lost, jitter_us)


def test_only_what_has_happened_since_the_last_look_counts():
    meter = Meter()
    assert meter.measure({1: sound(100, lost=50)}, {}, None).reason == "loss"
    assert meter.measure({1: sound(200, lost=50)}, {}, None).reason == "good"


def test_the_worse_way_is_the_score():
    up, down = {1: sound(100)}, {2: sound(100, lost=20)}
    assert Meter().measure(up, down, None).reason == "loss"
    assert Meter().measure(up, {2: sound(100)}, None).reason == "good"


def test_too_little_says_nothing_and_nothing_is_no_fault():
    assert Meter().measure({}, {}, None).reason == "silent"
    assert Meter().measure({1: sound(MIN_PACKETS - 1, lost=MIN_PACKETS - 1)}, {}, None).reason == "silent"


def test_late_packets_that_come_after_all_do_no_harm():
    meter = Meter()
    meter.measure({1: sound(100, lost=10)}, {}, None)
    assert meter.measure({1: sound(200, lost=0)}, {}, None).reason == "good"


def test_a_jitter_that_one_stream_brought_along_is_not_the_links():
    both = {1: sound(100, jitter_us=400_000), 2: sound(100, jitter_us=1_000)}
    assert Meter().measure({}, both, 20_000).reason == "good"
