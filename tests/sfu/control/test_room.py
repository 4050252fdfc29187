import pytest

from sfu.client import LayersWanted, MediaFlags, QualityChanged, SpeakersChanged
from sfu.control.member import Member
from sfu.control.room import Room
from sfu.core.quality.meter import Reception
from sfu.dataplane.engine import ParticipantStats, SourceId

SPEECH = bytes([30] * 12)


class Listening(Member):
    """The microphone's source has the member's number, the camera's ten times it."""

    has_seats = True

    def __init__(self, user, told):
        super().__init__(user, f"session-{user}", lambda event: told.append((user, event)))
        self.media = MediaFlags(audio=True, video=False, screen=False)
        self.spoke, self.watches, self.fed_with = [], set(), []

    @property
    def connections(self):
        return [self.user]

    @property
    def fed(self):
        return self.watches

    def source_of(self, track):
        return {"microphone": SourceId(self.user), "camera": SourceId(10 * self.user)}.get(track)

    def assign(self, others, spoke):
        self.spoke = list(spoke)

    def feed(self, others):
        self.fed_with = list(others)

    async def close(self):
        pass


def hear(room, *speakers):
    for _ in range(4):
        room.hear({SourceId(user): SPEECH for user in speakers})


def test_all_are_told_who_speaks_and_seats_follow_the_floor():
    told, room = [], Room()
    members = [Listening(user, told) for user in (1, 2)]
    for member in members:
        room.join(member)
    hear(room, 2)
    assert {user for user, event in told if isinstance(event, SpeakersChanged)} == {1, 2}
    assert told[-1][1].dominant == 2
    assert [member.spoke for member in members] == [[2], [2]]
    room.join(Listening(3, told))
    assert told[-1] == (3, told[-2][1])


def test_who_spoke_through_the_server_is_forgotten_when_it_forwards_no_more():
    told, room = [], Room()
    for user in (1, 2):
        room.join(Listening(user, told))
    hear(room, 2)
    room.set_forwarding(False)
    told.clear()
    room.join(Listening(3, told))
    hear(room, 2)
    assert told == []
    room.set_forwarding(True)
    assert told == []


def test_who_leaves_is_none_of_those_who_spoke():
    told, room = [], Room()
    speaker, other = Listening(1, told), Listening(2, told)
    room.join(speaker)
    room.join(other)
    hear(room, 1)
    room.leave(speaker)
    assert other.spoke == []


@pytest.mark.parametrize("step", ["assign", "feed"])
def test_one_whose_seating_fails_leaves_the_others_theirs(step, monkeypatch):
    told, room = [], Room()
    members = [Listening(user, told) for user in (1, 2, 3)]

    def fail(*_):
        raise RuntimeError("a seat that is none")

    monkeypatch.setattr(members[0], step, fail)
    for member in members:
        room.join(member)
    assert [[other.user for other in member.fed_with] for member in members[1:]] == [[1, 3], [1, 2]]
    room.leave(members[2])
    assert [other.user for other in members[1].fed_with] == [1]


def layers(told):
    return [(user, event.max_layer) for user, event in told if isinstance(event, LayersWanted)]


def test_a_picture_that_nobody_is_shown_is_off_after_a_while_and_on_at_once():
    now_us, told = 0, []
    room = Room(now_us=lambda: now_us)
    owner, other = Listening(1, told), Listening(2, told)
    owner.media = MediaFlags(audio=True, video=True, screen=False)
    room.join(owner)
    room.join(other)
    now_us = 1_900_000
    room.look_by_the_clock()
    assert layers(told) == []
    now_us = 2_000_000
    room.look_by_the_clock()
    room.look_by_the_clock()
    assert layers(told) == [(1, "off")]
    other.watches = {SourceId(10)}
    room.reseat()
    assert layers(told) == [(1, "off"), (1, "high")]


def test_a_picture_that_is_not_sent_is_wanted_when_it_comes_again():
    now_us, told = 0, []
    room = Room(now_us=lambda: now_us)
    owner = Listening(1, told)
    owner.media = MediaFlags(audio=True, video=True, screen=False)
    room.join(owner)
    room.join(Listening(2, told))
    now_us = 2_000_000
    room.look()
    owner.media = MediaFlags(audio=True, video=False, screen=False)
    room.reseat()
    assert layers(told) == [(1, "off"), (1, "high")]


def test_where_nothing_is_forwarded_no_picture_is_unwanted_and_nobody_is_judged():
    now_us, told = 0, []
    room = Room(now_us=lambda: now_us)
    owner = Listening(1, told)
    owner.media = MediaFlags(audio=True, video=True, screen=False)
    room.join(owner)
    now_us = 2_000_000
    room.look()
    room.set_forwarding(False)
    now_us = 9_000_000
    room.look()
    room.measure(lambda _: None)
    assert layers(told) == [(1, "off"), (1, "high")]
    assert not any(isinstance(event, QualityChanged) for _, event in told)


def test_all_hear_how_everybody_fares():
    told, room = [], Room()
    for user in (1, 2):
        room.join(Listening(user, told))
    lossy = Reception("audio", expected=100, lost=10, jitter_us=0)
    fine = Reception("audio", expected=100, lost=0, jitter_us=0)
    stats = {
        1: ParticipantStats(0, 0, 0, 0, received={SourceId(1): lossy}, reported={}, rtt_us=None),
        2: ParticipantStats(0, 0, 0, 0, received={SourceId(2): fine}, reported={}, rtt_us=20_000),
    }
    room.measure(stats.get)
    heard = [(user, event) for user, event in told if isinstance(event, QualityChanged)]
    assert [user for user, _ in heard] == [1, 2]
    first, second = heard[0][1].scores
    assert (first.participant, first.reason) == (1, "loss")
    assert first.score < 3.5 < second.score
    assert second.reason == "good"
