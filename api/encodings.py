"""Which content coding a client likes best (RFC 9110 §12.5.3), of those that files of ours are kept in."""

from __future__ import annotations

import re

OFFERED = ("br", "gzip")  # of two that are liked equally, the smaller one
_MEMBER = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+)(?:\s*;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?")


def liked_encodings(accept_encoding: str) -> tuple[str, ...]:
    """Of `br` and `gzip` those to be sent if there are such, best first; none: the file as it is.

    Who does not say what is understood gets the file as it is, and so does who likes that better. A member
    that is malformed says nothing.
    """
    members = (_MEMBER.fullmatch(member.strip()) for member in accept_encoding.lower().split(","))
    weights = {found[1].removeprefix("x-"): float(found[2] or 1) for found in members if found}
    others, plain = weights.get("*", 0.0), weights.get("identity", 0.0)
    liked = {coding: weights.get(coding, others) for coding in OFFERED}
    taken = [coding for coding in OFFERED if liked[coding] > 0 and liked[coding] >= plain]
    return tuple(sorted(taken, key=lambda coding: -liked[coding]))
