"""Ratings of calls."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from api.fields import WHOLE
from signaling.messages import RatingReasons


class NewRating(BaseModel):
    """As the `rating` of the WebSocket. `reasons`: words for programs, such as `no_sound`."""

    stars: Annotated[int, Field(ge=1, le=5), WHOLE]
    reasons: RatingReasons = []
