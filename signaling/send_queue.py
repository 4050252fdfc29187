"""What waits to be sent to one client: bounded in messages and bytes, superseded messages dropped."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from signaling.messages import LayersWanted, MediaStateChanged, Message, Quality, Seats, Speakers


def encode(message: Message) -> bytes:
    """The text of its frame. Straight to bytes: `model_dump_json` would make a string of them first."""
    text: bytes = message.__pydantic_serializer__.to_json(message)
    return text


class SendQueue:
    """Texts in the order they were put. A message that makes an earlier one worthless replaces it."""

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self._max_messages, self._max_bytes = max_messages, max_bytes
        self._texts: OrderedDict[Hashable, bytes] = OrderedDict()
        self._next_key = 0
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._texts)

    def put(self, message: Message) -> bool:
        """Queue a message; false when there is no room left for it."""
        key = _superseding_key(message)
        if key is None:
            key = self._next_key = self._next_key + 1
        else:
            self._drop(key)
        text = encode(message)
        if len(self._texts) >= self._max_messages or self._bytes + len(text) > self._max_bytes:
            return False
        self._texts[key] = text
        self._bytes += len(text)
        return True

    def take(self) -> bytes | None:
        """Remove and give the oldest text; None when there is none."""
        if not self._texts:
            return None
        _, text = self._texts.popitem(last=False)
        self._bytes -= len(text)
        return text

    def clear(self) -> None:
        self._texts.clear()
        self._bytes = 0

    def _drop(self, key: Hashable) -> None:
        self._bytes -= len(self._texts.pop(key, b""))


def _superseding_key(message: Message) -> Hashable | None:
    """Of messages with the same key only the newest matters."""
    match message:
        case Seats():
            return "seats"
        case Speakers():
            return "speakers"
        case Quality():
            return ("quality", message.user_id)
        case LayersWanted():
            return ("layers_wanted", message.source)
        case MediaStateChanged():
            return ("media_state", message.user_id)
        case _:
            return None
