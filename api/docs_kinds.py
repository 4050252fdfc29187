"""JSON Schema (draft 2020-12), as far as our models use it, in a few words of HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Schema = Mapping[str, Any]


def kind(schema: Schema) -> str:
    """What a value may be, such as `integer, 1 to 100`; a model is a link to where it stands on the page."""
    if "$ref" in schema:
        return model_link(schema)
    if "anyOf" in schema:
        return " or ".join(kind(each) for each in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " or ".join(f"<code>{escape(json.dumps(value))}</code>" for value in values)
    words = [str(schema.get("type", "anything"))]
    if schema.get("type") == "array":
        words = [f"list of ({kind(schema.get('items', {}))})"]
    return ", ".join((*words, *_bounds(schema)))


def model_link(schema: Schema) -> str:
    name = escape(schema["$ref"].rpartition("/")[2])
    return f'<a href="#{name}">{name}</a>'


def fields(schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Of a model: name, what it may be, and what it is when it is left out, or that it may not be."""
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        yield escape(name), kind(each), "required" if name in required else default(each)


def default(schema: Schema) -> str:
    """What somebody means who leaves the value out."""
    return f"else <code>{escape(json.dumps(schema['default']))}</code>" if "default" in schema else "optional"


def _bounds(schema: Schema) -> Iterator[str]:
    for least, most, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " of them"),
    ):
        if least in schema and most in schema:
            yield f"{schema[least]} to {schema[most]}{unit}"
        elif least in schema:
            yield f"from {schema[least]}{unit}"
        elif most in schema:
            yield f"up to {schema[most]}{unit}"
    if "pattern" in schema:
        yield f"<code>{escape(schema['pattern'])}</code>"
