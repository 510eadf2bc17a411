"""Why a pack does not hold. The message names the file."""

from __future__ import annotations

from pathlib import Path

from evidence.text import visible


class EvidenceError(Exception):
    """A pack that must not be relied on."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{visible(file)}: {problem}")
        self.file = file
        self.problem = problem


class KeyFileError(Exception):
    """A file that was given as the key to trust and is none: bad usage, whatever the pack is."""

    def __init__(self, file: Path, problem: str) -> None:
        super().__init__(f"--key: {visible(str(file))}: {problem}")
