"""What a person reads when the server is up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """media: where the SFU listens. advertised: the addresses that clients are told. data: folder, or
    database. dev_sign_in: whether anybody may sign in under any name. docs: whether /docs is there."""

    version: str
    public_url: str
    listens: Sequence[str]
    media: Sequence[str]
    advertised: Sequence[str]
    data: str
    engine: str
    dev_sign_in: bool
    docs: bool
    mini_app: bool
    unknown_settings: Sequence[str] = ()


def banner(facts: Facts) -> str:
    lines = [
        f"Tel Call {facts.version}",
        f"  open         {facts.public_url}" + ("" if facts.mini_app else "  (API only, no Mini App)"),
        *([f"  its API      {facts.public_url}/docs"] if facts.docs else []),
        f"  listens on   {', '.join(facts.listens)}",
        f"  media (UDP)  {', '.join(facts.media)}",
        f"  advertised   {', '.join(facts.advertised)}",
        f"  data         {facts.data}",
        f"  engine       {facts.engine}",
    ]
    lines += [f"  unknown setting, ignored: {name}" for name in facts.unknown_settings]
    if facts.dev_sign_in:
        lines += [
            "",
            "  ##################################################################################",
            "  ##  DEV SIGN-IN IS ON: whoever reaches this server signs in under any name.     ##",
            "  ##  For real people set BOT_TOKEN, or TELCALL_DEV_SIGN_IN=off.                  ##",
            "  ##################################################################################",
        ]
    lines += ["", "  Ctrl-C stops it.", ""]
    return "\n".join(lines)
