from sfu.client import SpeakersChanged
from sfu.control.member import Member
from sfu.control.room import Room
from sfu.dataplane.engine import SourceId

SPEECH = bytes([30] * 12)


class Listening(Member):
    """With a microphone, whose source has the member's number, and without seats to fill."""

    has_seats = True

    def __init__(self, user, told):
        super().__init__(user, f"session-{user}", lambda event: told.append((user, event)))
        self.spoke = []

    def source_of(self, track):
        return SourceId(self.user) if track == "microphone" else None

    def assign(self, others, spoke):
        self.spoke = list(spoke)

    def feed(self, others):
        pass

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
