"""Why a drill does not run or does not pass.

RunbookError
├── DefinitionError     drill.yaml is not a drill
├── PreconditionError   the stack is not in a state to be drilled
└── ActivityError       a step of the method could not be done
"""

from __future__ import annotations


class RunbookError(Exception):
    """Anything a person must be told in one sentence."""


class DefinitionError(RunbookError):
    """A drill that is refused before it touches anything."""

    def __init__(self, drill: str, key: str, problem: str) -> None:
        super().__init__(f"drill {drill}: {key}: {problem}")
        self.drill = drill
        self.key = key


class PreconditionError(RunbookError):
    """Bad input or a stack that is not ready: nothing was changed."""


class ActivityError(RunbookError):
    """A step failed; the journal holds what was done before it."""
