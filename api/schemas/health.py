"""Signs of life."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Root(Health):
    message: str = "Tel Call backend is running"
