"""Query strings as models."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from api.errors import invalid

Model = TypeVar("Model", bound=BaseModel)


def read_query(request: web.Request, model: type[Model]) -> Model:
    """The query as `model`; of a repeated name the first value counts. Raises `Invalid`."""
    try:
        return model.model_validate_strings({name: request.query[name] for name in request.query})
    except ValidationError as error:
        raise invalid(error, "query") from None
