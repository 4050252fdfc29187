"""Which engine runs: chosen once, at the start."""

from __future__ import annotations

from typing import Literal

from sfu.dataplane.engine import Engine
from sfu.dataplane.python_engine import PythonEngine
from sfu.errors import EngineUnavailable


def select_engine(choice: Literal["auto", "native", "python"]) -> Engine:
    """`auto` takes the fastest one there is. Raises `EngineUnavailable`."""
    if choice == "native":
        raise EngineUnavailable("this build has no native engine: set TELCALL_DATAPLANE to auto or python")
    return PythonEngine()
