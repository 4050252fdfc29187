"""What a hostile client sends to a route, worked out from its models: bodies, paths, queries, tokens."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import jwt
from pydantic import BaseModel

from api.bodies import may_be_left_out

MARK = "marked-as-sent"
"""Stands in what is sent and must not be in any answer."""
DEEP = 30_000
KINDS: dict[str, tuple[str, ...]] = {
    "null": ("null",),
    "boolean": ("true", "false"),
    "integer": ("7",),
    "number": ("7.5",),
    "string": (f'"{MARK}"', '"7"', '"true"', '""'),
    "array": ("[]", "[null]"),
    "object": ("{}", f'{{"{MARK}": 1}}'),
}
HUGE = ("1e400", "-1e400", str(2**70), str(-(2**70)), "9" * 5_000, "NaN", "Infinity")
HOSTILE_TEXTS = (
    json.dumps(MARK * 4_000),  # over-long
    '"\\u0000"',
    f'"{MARK}\\u0000"',
    '"\\ud800"',  # half a pair
)
NO_MODEL = (
    b"",
    b" ",
    MARK.encode(),
    b"{",
    b"{}}",
    b'{"a": }',
    b"null",
    b"true",
    b"7",
    b'"text"',
    b"[]",
    b"[{}]",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'{"a": "\xff"}',
    b'{"\xc0\x80": 1}',
    b'{"a": "\\ud800"}',
    b'{"a": "line\nbreak"}',
    b'{"a": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a": "' + b"x" * 70_000 + b'"}',
)


def kinds_of(schema: dict[str, Any]) -> set[str]:
    """The kinds of JSON that a field takes."""
    if "anyOf" in schema:
        return set().union(*(kinds_of(each) for each in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return {"string"}
    kind = schema["type"]
    return {kind, "integer"} if kind == "number" else {kind}


def sample(schema: dict[str, Any]) -> Any:
    """Something that the field takes."""
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return sample(schema["anyOf"][0])
    if schema.get("examples"):
        return schema["examples"][0]
    kind = schema["type"]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return {"string": "x", "boolean": True, "array": [], "null": None}[kind]


def valid_body(model: type[BaseModel]) -> dict[str, Any]:
    """A body that the model takes, with every field."""
    fields = model.model_json_schema()["properties"]
    return {name: sample(schema) for name, schema in fields.items()}


def bad_bodies(model: type[BaseModel]) -> Iterator[bytes]:
    """Bodies of which the model takes none."""
    yield from (body for body in NO_MODEL if body or not may_be_left_out(model))
    valid = valid_body(model)
    model.model_validate_json(json.dumps(valid))  # or all others would be refused for another reason
    for name, schema in model.model_json_schema()["properties"].items():
        for value in bad_values(schema):
            yield with_value(valid, name, value)
        given = json.dumps(valid[name])
        yield with_value(valid, name, f"{given}, {json.dumps(name)}: {given}")  # the name stands there twice


def bad_values(schema: dict[str, Any]) -> Iterator[str]:
    """Values, as they stand in JSON, of which the field takes none."""
    taken = kinds_of(schema)
    for kind, values in KINDS.items():
        if kind not in taken:
            yield from values
    yield from HUGE
    yield from HOSTILE_TEXTS
    if "array" in taken:
        yield from ("[null]", "[[]]", "[true]", '["\\u0000"]', f"[{', '.join(['1e400'] * 5)}]")


def with_value(valid: dict[str, Any], name: str, value: str) -> bytes:
    """`valid` as JSON, with this text for one of its values."""
    fields = {key: json.dumps(each) for key, each in valid.items()} | {name: value}
    return ("{" + ", ".join(f"{json.dumps(key)}: {each}" for key, each in fields.items()) + "}").encode()


# --- paths and queries ----------------------------------------------------------------------------------

BAD_IDS = {
    "call_id": (
        "%00",
        f"{MARK}%00",
        "%FF%FE",
        MARK,
        MARK * 20,
        "x" * 5_000,
        "..%2F..%2Fetc%2Fpasswd",
        "%27%20OR%201%3D1--",
        "%25",
        "_" * 16,
        "%F0%9F%98%80",
    ),
    "user_id": (
        "0",
        "-1",
        "+1",
        "1.0",
        "1e3",
        MARK,
        "true",
        "%00",
        "1%00",
        "%FF",
        "%D9%A1",  # a digit, but no ASCII one
        str(2**31),
        str(2**63),
        str(2**70),
        "9" * 5_000,
    ),
}


def bad_query_values(schema: dict[str, Any]) -> Iterator[str]:
    taken = kinds_of(schema)
    yield from ("%FF", "%C0%80")
    if "string" in taken:
        yield from ("%00", "x" * 5_000)
    if "integer" in taken:
        yield from (
            "",
            MARK,
            "0x10",
            "1.5",
            "1e400",
            "-1",
            str(2**31),
            str(2**70),
            "9" * 5_000,
            "%00",
            "null",
        )
    if "boolean" in taken:
        yield from ("", MARK, "7", "null", "%00")


# --- tokens ---------------------------------------------------------------------------------------------


def bad_tokens(good: str, now_s: int, *others: str) -> Iterator[bytes]:
    """Values of `Authorization` that sign nobody in. `others`: tokens that are good for something else."""
    header, claims, signature = good.split(".")
    read = jwt.decode(good, options={"verify_signature": False})
    key_id = jwt.get_unverified_header(good)["kid"]
    without = urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT", "kid": key_id}).encode()).rstrip(
        b"="
    )
    forged = "another key that is as long as one has to be" * 2
    tokens: list[str] = [
        *others,
        f"{without.decode()}.{claims}.",
        f"{without.decode()}.{claims}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}.{signature[::-1]}",
        f"{header}.{claims}",
        jwt.encode(read, forged, headers={"kid": key_id}),
        jwt.encode(read, forged, headers={"kid": MARK}),
        jwt.encode(read, forged, algorithm="HS512", headers={"kid": key_id}),
        jwt.encode(read | {"exp": now_s - 1}, forged, headers={"kid": key_id}),
        f"{'[' * 2_000}.{claims}.{signature}",
        MARK,
        MARK * 300,
        "..",
        "null",
    ]
    yield from (f"Bearer {token}".encode() for token in tokens)
    yield b"Bearer"
    yield b"Bearer " + MARK.encode() + b"\xff\xfe"
    yield b"Basic " + good.encode()
    yield good.encode()
