"""The OpenAPI 3.1 document of the API, from the very models that the handlers use, and a page to read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from api.errors import Handler
from api.routes.table import Route
from api.schemas.errors import Problem, RateLimitProblem, ValidationProblem

REF = "#/components/schemas/{model}"
UNAUTHORIZED = (
    "Not authenticated",
    "Invalid token",
    "Token has expired",
    "Invalid token payload",
    "User not found",
)
FORGED = ("Origin not allowed",)
NO_ADMIN = ("Not authenticated", "Invalid token")
NO_ADMIN_ROUTES = ("Not Found",)
AWAY = ("Database unavailable",)


def openapi_document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document, as JSON has it."""
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for route in routes:
        models[route.answer, "serialization"] = None
        if route.body is not None:
            models[route.body, "validation"] = None
    for problem in (Problem, RateLimitProblem, ValidationProblem):
        models[problem, "serialization"] = None
    refs, schemas = models_json_schema(list(models), ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tel Call", "version": "1", "description": "Every path also ends in a slash."},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "access_token"},
                "admin": {"type": "http", "scheme": "bearer", "description": "TELCALL_ADMIN_TOKEN"},
            },
        },
    }


def _operation(route: Route, refs: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z_]+', '_', route.path)}".rstrip("_"),
        "summary": route.summary,
        "responses": {
            str(route.status): _content("Done", refs[route.answer, "serialization"]),
            **{
                str(status): _content(" | ".join(texts), refs[_problem(status), "serialization"])
                for status, texts in sorted(_errors(route).items())
            },
        },
        "security": _security(route),
    }
    if parameters := [*_path_parameters(route), *_query_parameters(route)]:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = _content("", refs[route.body, "validation"]) | {"required": True}
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.is_admin:
        return [{"admin": []}]
    return [] if route.is_public else [{"bearer": []}, {"cookie": []}]


def _path_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        kind = "integer" if name == "user_id" else "string"
        yield {"name": name, "in": "path", "required": True, "schema": {"type": kind}}


def _query_parameters(route: Route) -> Iterator[dict[str, Any]]:
    if route.query is not None:
        for name, schema in route.query.model_json_schema()["properties"].items():
            yield {"name": name, "in": "query", "required": False, "schema": schema}


def _errors(route: Route) -> dict[int, tuple[str, ...]]:
    errors = dict(route.errors)
    if route.is_admin:
        errors = {401: NO_ADMIN} | errors
        errors[404] = (*errors.get(404, ()), *NO_ADMIN_ROUTES)
    elif not route.is_public:
        errors = {401: UNAUTHORIZED, 503: AWAY} | errors
        if route.method != "GET":
            errors[403] = (*errors.get(403, ()), *FORGED)
    if route.body is not None:
        errors |= {
            408: ("Request Timeout",),
            413: ("Request Entity Too Large",),
            422: ("Invalid input",),
        }
    if route.query is not None:
        errors[422] = ("Invalid input",)
    if route.path.startswith(("/api", "/auth")):
        errors[429] = ("Rate limit exceeded: <limit>",)
    return errors


def _problem(status: int) -> type[BaseModel]:
    if status == 422:
        return ValidationProblem
    return RateLimitProblem if status == 429 else Problem


def _content(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def docs_page(document: dict[str, Any]) -> str:
    """The document as one page of plain HTML: our content policy lets no foreign script in."""
    return "".join(
        ("<!doctype html><html lang=en><meta charset=utf-8><title>Tel Call API</title>", *_html(document))
    )


def _html(document: dict[str, Any]) -> Iterator[str]:
    yield f"<h1>{escape(document['info']['title'])} API</h1><p><a href=/openapi.json>openapi.json</a></p>"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
            yield f"<p>{escape(operation['summary'])}</p>"
            if "requestBody" in operation:
                yield f"<p>Takes {_link(operation['requestBody'])}</p>"
            rows = (
                f"<tr><td>{status}<td>{_link(response)}<td>{escape(response['description'])}"
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


def docs_handlers(routes: Sequence[Route]) -> tuple[Handler, Handler]:
    """Handlers of `/openapi.json` and `/docs`."""
    document = openapi_document(routes)
    page = docs_page(document)

    async def get_document(_request: web.Request) -> web.StreamResponse:
        return web.json_response(document)

    async def get_page(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=page, content_type="text/html")

    return get_document, get_page
