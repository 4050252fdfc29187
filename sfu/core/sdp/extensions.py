"""URIs of the RTP header extensions that the SFU speaks."""

from __future__ import annotations

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"  # RFC 8843
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"  # RFC 8852
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"  # RFC 6464
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

UPLOAD_AUDIO = (MID, AUDIO_LEVEL, TRANSPORT_CC)
UPLOAD_VIDEO = (MID, RID, TRANSPORT_CC)
SEAT = (MID,)
