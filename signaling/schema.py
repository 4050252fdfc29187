"""`python -m signaling.schema` prints one JSON Schema (2020-12) of all messages of the v2 protocol.

The root names the two unions, `ClientMessage` and `ServerMessage`; every model is in `$defs` under its class
name. What the server sends is described as serialized (each field is there), what clients send as validated
(fields with a default may be left out). The TypeScript types of the Mini App are generated from this.
"""

from __future__ import annotations

import json
import sys
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from signaling import check_messages, messages


class _NoFieldTitles(GenerateJsonSchema):
    """Titles of fields would become types of their own in TypeScript."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _members(union: Any) -> tuple[type[BaseModel], ...]:
    """The models of an `Annotated[A | B | ..., Field(discriminator=...)]`."""
    members: tuple[type[BaseModel], ...] = get_args(get_args(union)[0])
    return members


def _require_type(definition: dict[str, Any]) -> None:
    """`type` has a default in Python, but on the wire it is what tells messages apart."""
    of_type = definition.get("properties", {}).get("type", {})
    if of_type.pop("default", None) is not None:
        definition["required"] = sorted({"type", *definition.get("required", ())})


def schema() -> dict[str, Any]:
    """The document as plain values."""
    client = _members(messages.V2ClientMessage)
    server = _members(messages.V2ServerMessage)
    check_client = _members(check_messages.CheckClientMessage)
    check_server = _members(check_messages.CheckServerMessage)
    # A model of both endpoints stands once.
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in dict.fromkeys((*client, *check_client))),
        *((model, "serialization") for model in dict.fromkeys((*server, *check_server))),
    ]
    references, document = models_json_schema(wanted, schema_generator=_NoFieldTitles)
    definitions = dict(document["$defs"])
    for definition in definitions.values():
        _require_type(definition)
    definitions["ClientMessage"] = {"oneOf": [references[model, "validation"] for model in client]}
    definitions["CheckClientMessage"] = {"oneOf": [references[model, "validation"] for model in check_client]}
    definitions["CheckServerMessage"] = {
        "oneOf": [references[model, "serialization"] for model in check_server]
    }
    definitions["ServerMessage"] = {"oneOf": [references[model, "serialization"] for model in server]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Signaling",
        "description": "Messages of WS /ws/calls/{call_id}, telcall.v2 and documented, and of WS /ws/check.",
        "type": "object",
        "properties": {
            "client": {"$ref": "#/$defs/ClientMessage"},
            "server": {"$ref": "#/$defs/ServerMessage"},
            "check_client": {"$ref": "#/$defs/CheckClientMessage"},
            "check_server": {"$ref": "#/$defs/CheckServerMessage"},
        },
        "required": ["client", "server", "check_client", "check_server"],
        "$defs": definitions,
    }


def main() -> None:
    json.dump(schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
