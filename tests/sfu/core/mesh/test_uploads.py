from sfu.core.mesh.uploads import SETTLE_US, UploadElection


def election(**sends):
    made = UploadElection()
    for name in sends:
        made.add(int(name[1:]))
    for name, wants in sends.items():
        made.heard(int(name[1:]), wants, 0)
    return made


def test_the_first_connection_is_asked_while_nothing_is_known():
    assert election(p1=None, p2=None).elected == 1


def test_a_connection_that_sends_goes_before_one_that_was_not_asked_or_does_not():
    assert election(p1=None, p2=True).elected == 2
    assert election(p1=False, p2=None, p3=True).elected == 3
    assert election(p1=False, p2=None).elected == 2


def test_the_elected_one_stays_when_others_send_too():
    made = election(p1=None, p2=True)
    made.heard(1, True, 0)
    made.add(3)
    made.heard(3, True, 0)
    assert made.elected == 2


def test_it_moves_at_once_when_its_connection_goes():
    made = election(p1=True, p2=True)
    made.remove(1)
    assert made.elected == 2
    made.remove(2)
    assert made.elected is None
    made.add(4)
    assert made.elected == 4


def test_a_track_that_goes_from_one_connection_after_the_other_moves_nothing():
    made = election(p1=True, p2=True)
    made.heard(1, False, 0)
    assert made.elected == 1
    assert made.next_deadline_us() == SETTLE_US
    made.heard(2, False, 50_000)
    made.advance(SETTLE_US)
    assert made.elected == 1
    assert made.next_deadline_us() is None


def test_a_track_that_is_gone_from_one_connection_only_is_taken_from_another():
    made = election(p1=True, p2=True)
    made.heard(1, False, 0)
    made.advance(SETTLE_US - 1)
    assert made.elected == 1
    made.advance(SETTLE_US)
    assert made.elected == 2


def test_silence_moves_it_through_all_that_send_and_ends():
    made = election(p1=True, p2=True, p3=False)
    made.silent(1)
    assert made.elected == 2
    made.silent(2)
    assert made.elected == 2
    made.silent(2)
    assert made.elected == 2


def test_a_word_of_the_client_takes_the_silence_back():
    made = election(p1=True, p2=True)
    made.silent(1)
    made.heard(2, False, 0)
    made.advance(SETTLE_US)
    assert made.elected == 1
    made.silent(7)
    assert made.elected == 1


def test_media_that_flows_again_forgives_all():
    made = election(p1=True, p2=True)
    made.silent(1)
    made.silent(2)
    made.flows()
    made.silent(made.elected)
    assert made.elected == 1
