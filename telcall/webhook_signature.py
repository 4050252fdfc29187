"""What lets a receiver know that a webhook is ours, and not an old one."""

from __future__ import annotations

import hmac
from hashlib import sha256

HEADER = "Telcall-Signature"


def signature(secret: str, body: bytes, unix_s: int) -> str:
    """The header's value: `t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">`, as of `unix_s`."""
    signed = hmac.new(secret.encode(), b"%d." % unix_s + body, sha256).hexdigest()
    return f"t={unix_s},v1={signed}"
