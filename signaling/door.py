"""Who may come into a room now: nobody when it is full, friends of the house when it is locked."""

from __future__ import annotations

from collections.abc import Iterable

from signaling.config import SignalingConfig
from signaling.lobby import Knocker, Lobby
from signaling.member import Member
from signaling.messages import IceServer, Knock, User, Waiting
from signaling.outputs import Close, Forget, Output, Send
from signaling.people import People
from signaling.refusals import LOCKED, REMOVED, REPLACED, Refusal
from signaling.remembered import Remembered


class Door:
    """The lock, the lobby in front of it, and who was shown out.

    Only who is new has to knock: a lock must not part those who have been together. `departed` are those who
    were in the room; a removed one does not come back for as long as the room lives.
    """

    def __init__(self, config: SignalingConfig, creator_user_id: int, people: People) -> None:
        self.lobby = Lobby(places=config.lobby_places, wait_us=round(config.lobby_wait_s * 1e6))
        self.departed = Remembered()
        self.removed = Remembered()
        self.is_locked = False
        self._creator_user_id, self._people = creator_user_id, people
        self._is_decided = False  # by a host, or by who came from before the server was killed

    def set_lock(self, locked: bool) -> bool:
        """A host decides; false when nothing changes by it."""
        changed = locked != self.is_locked
        self.is_locked, self._is_decided = locked, True
        return changed

    def restore_lock(self, locked: bool) -> None:
        """So it was before the server was killed, unless a host has decided since."""
        if locked and not self._is_decided:
            self.is_locked = self._is_decided = True

    def restore_removed(self, user_ids: Iterable[int], now_us: int) -> list[int]:
        """So it was before the server was killed; gives those who were not known to be removed."""
        new = [each for each in user_ids if each not in self.removed and each != self._creator_user_id]
        for user_id in new:
            self.removed.note(user_id, now_us)
        return new

    def has_to_knock(self, user_id: int, *, is_known: bool) -> bool:
        """`is_known`: is in the room, or was before the server was killed."""
        is_new = not is_known and user_id != self._creator_user_id and user_id not in self.departed
        return self.is_locked and is_new

    def refusal(self, user_id: int, *, v2: bool, is_known: bool) -> Refusal | None:
        """Why this person may neither come in nor wait."""
        if user_id in self.removed:
            return REMOVED
        may_wait = v2 and self.lobby.has_place_for(user_id)
        return LOCKED if self.has_to_knock(user_id, is_known=is_known) and not may_wait else None

    # --- the lobby --------------------------------------------------------------------------------------

    def knock(self, session: str, user: User, ice_servers: list[IceServer], now_us: int) -> list[Output]:
        """Somebody waits from now on, or goes on doing so by another connection."""
        earlier = self.lobby.by_user(user.id)
        self.lobby.knock(session, user, ice_servers, now_us)
        waiting: Output = Send(session, Waiting(position=self.lobby.position(user.id)))
        if earlier is not None:
            return [*refuse(earlier.session, REPLACED), waiting]
        return [waiting, *self._people.tell_hosts(Knock(user=user, waiting=True))]

    def stop_waiting(self, knocker: Knocker) -> list[Output]:
        """They come in, or have gone."""
        self.lobby.remove(knocker)
        return self._people.tell_hosts(Knock(user=knocker.user, waiting=False))

    def turn_away(self, knocker: Knocker, refusal: Refusal) -> list[Output]:
        return [*refuse(knocker.session, refusal), *self.stop_waiting(knocker)]

    def show_lobby(self, host: Member) -> list[Output]:
        """To somebody who has just become host, or come in as one."""
        return [output for each in self.lobby for output in host.tell(Knock(user=each.user, waiting=True))]


def refuse(session: str, refusal: Refusal) -> list[Output]:
    """Say why, close, and have nothing more to do with it."""
    return [Send(session, refusal.error), Close(session, refusal.close_code), Forget(session)]
