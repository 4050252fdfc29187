"""Query strings as models."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import unquote_to_bytes

from aiohttp import web
from pydantic import BaseModel, ValidationError

from api.errors import Invalid, invalid

Model = TypeVar("Model", bound=BaseModel)


def read_query(request: web.Request, model: type[Model]) -> Model:
    """The query as `model`; of a repeated name the first value counts. Raises `Invalid`."""
    for pair in request.rel_url.raw_query_string.split("&"):
        try:
            unquote_to_bytes(pair).decode()
        except UnicodeDecodeError:
            known = [name for name in model.model_fields if name == pair.partition("=")[0]]
            raise Invalid(
                [{"type": "string_unicode", "loc": ["query", *known], "msg": "Not UTF-8"}]
            ) from None
    try:
        return model.model_validate_strings({name: request.query[name] for name in request.query})
    except ValidationError as error:
        raise invalid(error, "query") from None
