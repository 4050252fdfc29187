"""The OpenAPI document as one page of plain HTML: our content policy lets no foreign script in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any


def docs_page(document: dict[str, Any]) -> str:
    """The whole page. It loads nothing, so it can be read offline."""
    return "".join(
        ("<!doctype html><html lang=en><meta charset=utf-8><title>Tel Call API</title>", *_html(document))
    )


def _html(document: dict[str, Any]) -> Iterator[str]:
    yield f"<h1>{escape(document['info']['title'])} API</h1><p><a href=/openapi.json>openapi.json</a></p>"
    yield f"<p>{escape(document['info']['description'])}</p>"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
            yield f"<p>{escape(operation['summary'])}</p>"
            if "requestBody" in operation:
                yield f"<p>Takes {_link(operation['requestBody'])}</p>"
            rows = (
                f"<tr><td>{status}<td>{_link(response)}<td>{escape(response['description'])}"
                f"<td>{escape(', '.join(response['headers']))}"
                for status, response in operation["responses"].items()
            )
            yield f"<table>{''.join(rows)}</table>"
    yield "<h1>Models</h1>"
    for name, schema in document["components"]["schemas"].items():
        text = escape(json.dumps(schema, indent=2, ensure_ascii=False))
        yield f'<h2 id="{escape(name)}">{escape(name)}</h2><pre>{text}</pre>'


def _link(holder: dict[str, Any]) -> str:
    name = escape(holder["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2])
    return f'<a href="#{name}">{name}</a>'
