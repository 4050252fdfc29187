"""What answers look like when something is wrong."""

from __future__ import annotations

from pydantic import BaseModel


class Problem(BaseModel):
    """`detail` is for people."""

    detail: str


class RateLimitProblem(Problem):
    """429; `Retry-After` and `RateLimit-*` headers say more. `error` repeats `detail`."""

    error: str


class InvalidField(BaseModel):
    """`loc`: the path to the field, beginning with `body`. What was sent is not repeated."""

    type: str
    loc: list[str | int]
    msg: str


class ValidationProblem(BaseModel):
    detail: list[InvalidField]
