from sfu.core.seating.keyframes import MERGE_US, KeyframeRequests


def test_the_first_request_goes_out_at_once():
    requests = KeyframeRequests[str]()
    requests.want("a")
    assert requests.take_due(0) == ["a"]


def test_requests_within_the_merge_time_become_one_and_none_is_lost():
    requests = KeyframeRequests[str]()
    requests.want("a")
    requests.take_due(1_000)
    requests.want("a")
    requests.want("a")
    assert requests.take_due(2_000) == []
    assert requests.next_deadline_us() == 1_000 + MERGE_US
    assert requests.take_due(1_000 + MERGE_US) == ["a"]
    assert requests.next_deadline_us() is None


def test_sources_do_not_hold_each_other_up():
    requests = KeyframeRequests[str]()
    requests.want("a")
    requests.take_due(0)
    requests.want("b")
    assert requests.take_due(1) == ["b"]


def test_a_forgotten_source_is_not_asked():
    requests = KeyframeRequests[str]()
    requests.want("a")
    requests.forget("a")
    assert requests.take_due(0) == []
