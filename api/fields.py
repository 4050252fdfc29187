"""Types of fields that are stricter than pydantic's own: what JSON has as another kind is another kind."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError


def without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("string_nul", "Text must not hold a NUL character")
    return text


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


Text = Annotated[str, AfterValidator(without_nul), WithJsonSchema({"type": "string", "pattern": r"^[^\0]*$"})]
"""Text that PostgreSQL can hold."""
Flag = Annotated[bool, Strict()]
WHOLE = BeforeValidator(_number)
"""Of an integer: neither a text nor a boolean; 5.0 is 5, as for JSON Schema. To stand behind its bounds."""
Number = Annotated[float, Strict()]
