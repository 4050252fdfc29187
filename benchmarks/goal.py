"""What a benchmark is to reach, as a line: `goal NAME VALUE UNIT <= LIMIT met|missed`; and where it ran."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Goal:
    name: str
    value: float
    unit: str
    relation: Literal["<=", ">="]
    limit: float

    @property
    def met(self) -> bool:
        return self.value <= self.limit if self.relation == "<=" else self.value >= self.limit

    def __str__(self) -> str:
        value = f"{self.value:.2f}" if self.value < 100 else f"{self.value:.0f}"
        verdict = "met" if self.met else "missed"
        return f"goal {self.name} {value} {self.unit} {self.relation} {self.limit:g} {verdict}"


def machine() -> dict[str, Any]:
    """For the JSON of a result."""
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load_after": os.getloadavg()[0],
    }
