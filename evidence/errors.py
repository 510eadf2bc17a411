"""Why a pack does not hold. The message names the file."""

from __future__ import annotations


class EvidenceError(Exception):
    """A pack that must not be relied on."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file = file
        self.problem = problem
