"""Bounds on a session description, checked before anybody parses it (RFC 8866 lines, RFC 8839 candidates)."""

from __future__ import annotations

from dataclasses import dataclass

from signaling.config import MessageLimits


@dataclass(frozen=True, slots=True)
class Beyond:
    """`limit`: its name; `detail`: a text for the sender."""

    limit: str
    detail: str


def sdp_beyond_limits(sdp: str, limits: MessageLimits) -> Beyond | None:
    """What is too much about `sdp`; None when it is within all limits."""
    if len(sdp.encode(errors="surrogatepass")) > limits.sdp_bytes:
        return Beyond("sdp_bytes", f"SDP too large (max {limits.sdp_bytes} bytes)")
    if _is_ordinary(sdp, limits):
        return None
    mlines = candidates = 0
    for line in sdp.splitlines():
        if len(line) > limits.sdp_line_bytes:
            return Beyond("sdp_line", f"SDP line too long (max {limits.sdp_line_bytes} bytes)")
        if line.startswith("m="):
            mlines, candidates = mlines + 1, 0
            if mlines > limits.sdp_mlines:
                return Beyond("sdp_mlines", f"Too many SDP m-lines (max {limits.sdp_mlines})")
        elif line.startswith("a=candidate:"):
            candidates += 1
            if candidates > limits.sdp_candidates:
                return Beyond("sdp_candidates", f"Too many SDP candidates (max {limits.sdp_candidates})")
    return None


def _is_ordinary(sdp: str, limits: MessageLimits) -> bool:
    """True of most that are within the limits, found out without a look at each line by itself."""
    return (
        sdp.count("m=") <= limits.sdp_mlines
        and sdp.count("a=candidate:") <= limits.sdp_candidates
        and (len(sdp) <= limits.sdp_line_bytes or max(map(len, sdp.split("\n"))) <= limits.sdp_line_bytes)
    )
