"""Ratings of calls."""

from __future__ import annotations

from pydantic import BaseModel

from signaling.messages import RatingReasons, Stars


class NewRating(BaseModel):
    """As the `rating` of the WebSocket. `reasons`: words for programs, such as `no_sound`."""

    stars: Stars
    reasons: RatingReasons = []
