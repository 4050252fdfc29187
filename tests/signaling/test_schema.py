"""The JSON Schema from which the TypeScript types are generated."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import get_args

import pytest

from signaling import messages
from signaling.schema import schema


def models(union: object) -> set[str]:
    return {model.__name__ for model in get_args(get_args(union)[0])}


def names(union: dict[str, list[dict[str, str]]]) -> set[str]:
    return {member["$ref"].removeprefix("#/$defs/") for member in union["oneOf"]}


def test_every_message_is_in_its_union() -> None:
    definitions = schema()["$defs"]
    assert names(definitions["ClientMessage"]) == models(messages.V2ClientMessage)
    assert names(definitions["ServerMessage"]) == models(messages.V2ServerMessage)


def test_type_is_required_in_every_message() -> None:
    definitions = schema()["$defs"]
    for name in names(definitions["ClientMessage"]) | names(definitions["ServerMessage"]):
        assert "type" in definitions[name]["required"]


def test_what_the_server_sends_has_every_field() -> None:
    definitions = schema()["$defs"]
    for name in names(definitions["ServerMessage"]):
        assert set(definitions[name]["required"]) == set(definitions[name]["properties"])


def test_a_client_may_leave_out_what_has_a_default() -> None:
    assert schema()["$defs"]["SeatsWanted"]["required"] == ["type"]


def test_the_module_prints_the_document() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "signaling.schema"], check=True, capture_output=True, text=True
    ).stdout
    assert json.loads(printed) == schema()


@pytest.mark.parametrize("union", [messages.V2ClientMessage, messages.V2ServerMessage])
def test_types_are_told_apart_by_their_type(union: object) -> None:
    types = [model.model_fields["type"].default for model in get_args(get_args(union)[0])]
    assert len(types) == len(set(types))
