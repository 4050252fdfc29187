"""Bounds on a session description, checked before anybody parses it (RFC 8866 lines, RFC 8839 candidates)."""

from __future__ import annotations

from signaling.config import MessageLimits


def sdp_beyond_limits(sdp: str, limits: MessageLimits) -> str | None:
    """What is too much about `sdp`, as a text for its sender; None when it is within all limits."""
    if len(sdp.encode(errors="surrogatepass")) > limits.sdp_bytes:
        return f"SDP too large (max {limits.sdp_bytes} bytes)"
    mlines = candidates = 0
    for line in sdp.splitlines():
        if len(line) > limits.sdp_line_bytes:
            return f"SDP line too long (max {limits.sdp_line_bytes} bytes)"
        if line.startswith("m="):
            mlines, candidates = mlines + 1, 0
            if mlines > limits.sdp_mlines:
                return f"Too many SDP m-lines (max {limits.sdp_mlines})"
        elif line.startswith("a=candidate:"):
            candidates += 1
            if candidates > limits.sdp_candidates:
                return f"Too many SDP candidates (max {limits.sdp_candidates})"
    return None
