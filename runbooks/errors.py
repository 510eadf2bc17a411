"""Why a drill does not run or does not pass.

RunbookError
├── DefinitionError     drill.yaml is not a drill
├── PreconditionError   bad input, or a stack that is not in a state to be drilled
├── JournalError        a journal that cannot be followed
├── PackError           an evidence pack that is not made, or must not be relied on
└── ActivityError       a step could not be done, or a probe saw what it must not see
    └── NotProven       a check found nothing to judge by
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


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


class JournalError(RunbookError):
    """A journal that is not there, is cut off or was written by nobody of ours."""


class PackError(RunbookError):
    """Evidence that is refused; the message names the file."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file = file
        self.problem = problem


class ActivityError(RunbookError):
    """A step failed; the journal holds what was done before it."""


class NotProven(ActivityError):
    """Nothing went wrong, and nothing was shown: the drill does not pass."""


def nearest(given: str, known: Iterable[str]) -> str:
    """What somebody may have meant, as the end of a sentence; all that is allowed where nothing is near."""
    names = sorted(known)
    if close := get_close_matches(given, names, n=1):
        return f"the nearest known is {close[0]}"
    return f"allowed: {', '.join(names) or 'none'}"
