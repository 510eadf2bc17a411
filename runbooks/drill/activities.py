"""What drills can do. An activity gets the run, returns what it saw, and raises where it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbooks.drill.run import Run

Function = Callable[["Run"], Any]
ACTIVITIES: dict[str, Function] = {}


def activity(name: str) -> Callable[[Function], Function]:
    """Register a function under the name that drill.yaml uses."""

    def register(function: Function) -> Function:
        if name in ACTIVITIES:
            raise ValueError(f"activity {name} is registered twice")
        ACTIVITIES[name] = function
        return function

    return register
