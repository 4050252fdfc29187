"""The OpenAPI document as one page of plain HTML: our content policy lets no foreign script in, and styles
only from a file of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from api.docs_kinds import default, fields, kind, model_link

STYLE_PATH = "/docs.css"
STYLE = """\
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h2 { margin: 2.5rem 0 0; font-size: 1.1rem; overflow-wrap: anywhere; }
nav { columns: 20rem; font-size: 0.9rem; }
nav a { display: block; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; font-size: 0.9rem; }
th, td { padding: 0.3rem 0.6rem; border-bottom: 1px solid #8885; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
td:last-child { overflow-wrap: normal; }
summary { cursor: pointer; }
"""
HEAD = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Tel Call API</title>"
    "<meta name=viewport content='width=device-width, initial-scale=1'>"
    f"<link rel=stylesheet href={STYLE_PATH}>"
)


def docs_page(document: dict[str, Any]) -> str:
    """The whole page."""
    operations = [
        (f"{method.upper()} {escape(path)}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return "".join(
        (
            HEAD,
            f"<h1>{escape(document['info']['title'])} API</h1>",
            "<p><a href=/openapi.json>openapi.json</a></p>",
            f"<p>{escape(document['info']['description'])}</p><nav>",
            *(f'<a href="#{operation["operationId"]}">{name}</a>' for name, operation in operations),
            "</nav>",
            *(part for name, operation in operations for part in _operation(name, operation)),
            "<h1>Models</h1>",
            *(_model(name, schema) for name, schema in document["components"]["schemas"].items()),
        )
    )


def _operation(name: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f'<h2 id="{operation["operationId"]}"><code>{name}</code></h2><p>{_prose(operation["summary"])}</p>'
    if "parameters" in operation:
        yield _table(("parameter", "in", "what", ""), (_parameter(each) for each in operation["parameters"]))
    if "requestBody" in operation:
        body = operation["requestBody"]
        yield f"<p>Takes {_content(body)}{'' if body['required'] else ', or no body'}.</p>"
    done: list[tuple[str, ...]] = []
    refused: list[tuple[str, ...]] = []
    for status, response in operation["responses"].items():
        row = (status, _content(response), escape(response["description"]), ", ".join(response["headers"]))
        (done if status < "300" else refused).append(row)
    titles = ("status", "body", "what", "headers")
    yield _table(titles, done)
    statuses = ", ".join(row[0] for row in refused)
    yield f"<details><summary>Refused: {statuses}</summary>{_table(titles, refused)}</details>"


def _parameter(parameter: dict[str, Any]) -> tuple[str, ...]:
    schema = parameter["schema"]
    need = "required" if parameter["required"] else default(schema)
    return f"<code>{escape(parameter['name'])}</code>", parameter["in"], kind(schema), need


def _model(name: str, schema: dict[str, Any]) -> str:
    rows = [(f"<code>{field}</code>", *rest) for field, *rest in fields(schema)]
    return "".join(
        (
            f'<h2 id="{escape(name)}">{escape(name)}</h2>',
            f"<p>{_prose(schema['description'])}</p>" if "description" in schema else "",
            _table(("field", "what", ""), rows) if rows else f"<p>{kind(schema)}</p>",
        )
    )


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["".join(f"<th>{title}" for title in titles)]
    lines += ["".join(f"<td>{cell}" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{line}' for line in lines)}</table>"


def _prose(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _content(holder: dict[str, Any]) -> str:
    return model_link(holder["content"]["application/json"]["schema"])
