"""What participants publish: the engine's sources, and the key frames that are asked of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from sfu.control.keyframe_timer import KeyframeTimer
from sfu.core.sdp import extensions
from sfu.core.sdp.answer import Upload
from sfu.dataplane.engine import Engine, ExtensionIds, ParticipantId, Source, SourceId


class Sources:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keyframes = KeyframeTimer(engine.request_keyframe)
        self._ids = itertools.count(1)
        self._videos: set[SourceId] = set()

    def publish(self, publisher: ParticipantId, upload: Upload) -> SourceId:
        """An upload that was agreed on becomes a source of the engine's."""
        source = SourceId(next(self._ids))
        self._engine.add_source(_source(source, publisher, upload))
        if upload.kind == "video":
            self._videos.add(source)
        return source

    def withdraw(self, source: SourceId) -> None:
        self._engine.remove_source(source)
        self._videos.discard(source)
        self._keyframes.forget(source)

    def packets(self, source: SourceId) -> int:
        """How many have come so far."""
        return self._engine.source_packets(source)

    def want_keyframe(self, source: SourceId) -> None:
        """Of a video that is still there: events of one that has gone may come late."""
        if source in self._videos:
            self._keyframes.want(source)

    def close(self) -> None:
        self._keyframes.close()


def extension_ids(agreed: Mapping[str, int]) -> ExtensionIds:
    """URI -> id, as the engine has them."""
    return ExtensionIds(
        mid=agreed.get(extensions.MID, 0),
        rid=agreed.get(extensions.RID, 0),
        transport_cc=agreed.get(extensions.TRANSPORT_CC, 0),
        audio_level=agreed.get(extensions.AUDIO_LEVEL, 0),
    )


def _source(source: SourceId, publisher: ParticipantId, upload: Upload) -> Source:
    ids = extension_ids(upload.extensions)
    return Source(
        id=source,
        publisher=publisher,
        kind=upload.kind,
        codec=upload.codec.name,
        mid=upload.mid,
        rid=upload.rid,
        ssrc=upload.ssrc,
        payload_type=upload.codec.payload_type,
        clock_rate=upload.codec.clock_rate,
        extensions=ids,
        nack="nack" in upload.codec.feedback,
        transport_cc=ids.transport_cc != 0 and "transport-cc" in upload.codec.feedback,
    )
