"""The OpenAPI 3.1 document of the API, from the very models that the handlers use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from api.bodies import may_be_left_out
from api.docs_page import STYLE, STYLE_PATH, docs_page
from api.errors import Handler
from api.openapi_answers import HEADERS, PROBLEMS, content, responses
from api.routes.table import SECRET_HEADER, Route
from api.tokens import MAX_USER_ID

REF = "#/components/schemas/{model}"
DESCRIPTION = (
    "Every path also ends in a slash; what answers GET answers HEAD. Another method is a 405 that names those"
    " there are. Bodies are JSON, whatever their content type says. Beside these paths there are /metrics, in"
    " Prometheus' text format, and the WebSockets /ws/calls/{call_id} and /ws/check."
)
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "call_id": {"type": "string", "minLength": 1, "maxLength": 255},
    "user_id": {"type": "integer", "minimum": 1, "maximum": MAX_USER_ID},
}


def openapi_document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document, as JSON has it."""
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for route in routes:
        models[route.answer, "serialization"] = None
        if route.body is not None:
            models[route.body, "validation"] = None
    for problem in PROBLEMS:
        models[problem, "serialization"] = None
    refs, schemas = models_json_schema(list(models), ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tel Call", "version": "1", "description": DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "headers": HEADERS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "access_token"},
                "secret": {"type": "apiKey", "in": "header", "name": SECRET_HEADER},
                "admin": {"type": "http", "scheme": "bearer", "description": "TELCALL_ADMIN_TOKEN"},
            },
        },
    }


def _operation(route: Route, refs: Any) -> dict[str, Any]:
    problems = {problem.__name__: refs[problem, "serialization"] for problem in PROBLEMS}
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z_]+', '_', route.path)}".rstrip("_"),
        "summary": route.summary,
        "responses": responses(route, refs[route.answer, "serialization"], problems),
        "security": _security(route),
    }
    if parameters := [*_path_parameters(route), *_query_parameters(route)]:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {
            "required": not may_be_left_out(route.body),
            "content": content(refs[route.body, "validation"]),
        }
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.is_admin:
        return [{"admin": []}]
    if route.secret_header is not None:
        return [{"secret": []}]
    return [] if route.is_public else [{"bearer": []}, {"cookie": []}]


def _path_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        yield {"name": name, "in": "path", "required": True, "schema": PATH_PARAMETERS[name]}


def _query_parameters(route: Route) -> Iterator[dict[str, Any]]:
    if route.query is not None:
        for name, schema in route.query.model_json_schema()["properties"].items():
            yield {"name": name, "in": "query", "required": False, "schema": _without_null(schema)}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: what is not there is left out."""
    kinds: list[dict[str, Any]] = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return rest | kinds[0]


def docs_handlers(routes: Sequence[Route]) -> dict[str, Handler]:
    """What serves the document and its page, by path."""
    document = openapi_document(routes)
    page = docs_page(document)

    async def get_document(_request: web.Request) -> web.StreamResponse:
        return web.json_response(document)

    async def get_page(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=page, content_type="text/html")

    async def get_style(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=STYLE, content_type="text/css")

    return {"/openapi.json": get_document, "/docs": get_page, STYLE_PATH: get_style}
