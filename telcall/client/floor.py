"""Who may do what in a call and who wants the word: roles, the lock, hands, chat, who knocks, who is rung.

Known to a participant that speaks telcall.v2; a documented one sees nothing of it, and may do nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from signaling.messages import (
    Admit,
    AnyClientMessage,
    Chat,
    ChatText,
    Hand,
    Knock,
    Moderate,
    Moderation,
    ModerationAction,
    Quality,
    RaiseHand,
    RateCall,
    React,
    Ring,
    Role,
    ServerMessage,
    Speakers,
    TopologyChanged,
    TopologyWanted,
    User,
    UserJoined,
    UserLeft,
    Welcome,
)

_KEPT_LINES = 200

Send = Callable[[AnyClientMessage], Awaitable[None]]


class Floor:
    """`role`, `hand`: one's own. `is_locked`: newcomers have to knock. `knocking`: who does, by user id, as
    hosts know. `speakers`: who speaks by the SFU's word, the loudest first; `dominant`: the one of them who
    holds the floor. `qualities`: how links to the server fare, by user id."""

    def __init__(self, own_id: int, send: Send) -> None:
        self._own_id, self._send = own_id, send
        self.role: Role = "participant"
        self.hand = self.is_locked = False
        self.speakers: Sequence[int] = ()
        self.dominant: int | None = None
        self._qualities: dict[int, Quality] = {}
        self._chat: deque[Chat] = deque(maxlen=_KEPT_LINES)
        self._knocking: dict[int, User] = {}
        self._rings: dict[int, Ring] = {}
        self._via_server = False

    @property
    def chat(self) -> Sequence[Chat]:
        """The last 200 lines, also one's own."""
        return tuple(self._chat)

    @property
    def knocking(self) -> Mapping[int, User]:
        return self._knocking

    @property
    def qualities(self) -> Mapping[int, Quality]:
        return self._qualities

    @property
    def rings(self) -> Mapping[int, Ring]:
        """Who is being called into this call and has not come yet, by user id: `ringing`, or the outcome."""
        return self._rings

    async def say(self, text: str) -> None:
        """To everybody. 1 to 2,000 characters, else pydantic's `ValidationError` (a `ValueError`)."""
        await self._send(ChatText(text=text))

    async def react(self, emoji: str) -> None:
        await self._send(React(emoji=emoji))

    async def raise_hand(self, raised: bool = True) -> None:
        self.hand = raised
        await self._send(RaiseHand(raised=raised))

    async def moderate(self, action: ModerationAction, user_id: int | None = None) -> None:
        """For hosts: `mute`, `stop_video`, `remove`, `make_host` of somebody; `lock`, `unlock`. A refusal
        comes as an `Error`."""
        await self._send(Moderate(action=action, user_id=user_id))

    async def end_for_all(self) -> None:
        """For hosts. `call_ended` follows, or a refusal as an `Error`."""
        await self._send(Moderate(action="end"))

    async def rate(self, stars: int, reasons: Sequence[str] = ()) -> None:
        """How the call is, 1 to 5, and words such as `echo`; one's first rating counts.

        Raises pydantic's `ValidationError` (a `ValueError`) for others."""
        await self._send(RateCall(stars=stars, reasons=list(reasons)))

    async def admit(self, user_id: int, admit: bool = True) -> None:
        """For hosts: let in, or turn away, somebody who knocks."""
        await self._send(Admit(user_id=user_id, admit=admit))

    async def want_server(self, wanted: bool = True) -> None:
        """Whether media has to go through the server, so that nobody learns one's address."""
        self._via_server = wanted
        await self._send(TopologyWanted(mode="sfu" if wanted else "any"))

    async def restore(self) -> None:
        """Tells a server that has forgotten us what was told before."""
        if self.hand:
            await self._send(RaiseHand(raised=True))
        if self._via_server:
            await self._send(TopologyWanted(mode="sfu"))

    def receive(self, message: ServerMessage) -> None:
        match message:
            case Welcome():
                self.role, self.is_locked = message.self.role, message.locked
                self._knocking.clear()  # told anew
                self._rings.clear()
                if not message.resumed:
                    self.speakers, self.dominant = (), None
                    self._qualities.clear()
            case Chat() if message not in self._chat:  # after a resume lines may come again
                self._chat.append(message)
            case Hand() if message.user_id == self._own_id:
                self.hand = message.raised
            case Ring():
                self._rings[message.user_id] = message
            case UserJoined():
                self._rings.pop(message.user.id, None)
            case Knock():
                self._knock(message)
            case Moderation():
                self._moderated(message)
            case Speakers():
                self.speakers = tuple(speaker.user_id for speaker in message.speakers)
                self.dominant = message.dominant
            case Quality():
                self._qualities[message.user_id] = message
            case UserLeft():
                self._qualities.pop(message.user.id, None)
            case TopologyChanged():
                self.speakers, self.dominant = (), None
                self._qualities.clear()
            case _:
                pass

    def _knock(self, message: Knock) -> None:
        if message.waiting:
            self._knocking[message.user.id] = message.user
        else:
            self._knocking.pop(message.user.id, None)

    def _moderated(self, message: Moderation) -> None:
        if message.action in ("lock", "unlock"):
            self.is_locked = message.action == "lock"
            if not self.is_locked:
                self._knocking.clear()
        elif message.action == "make_host" and message.user_id == self._own_id:
            self.role = "host"
