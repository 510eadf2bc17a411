"""Why the room cannot answer.

PolicyError
├── FrameworkError  a framework's data is malformed, or names what does not exist
├── StateError      the state or stack cannot be read
└── WaiverError     a waiver is malformed, expired, unused or over-broad
"""

from __future__ import annotations


class PolicyError(Exception):
    """Bad input: exit code 2."""


class StateError(PolicyError):
    """An exported state that cannot be judged."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"state {source}: {problem}")
        self.source = source


class FrameworkError(PolicyError):
    """Data of a framework that must not count; names the file, the control and the key."""

    def __init__(self, file: str, control: str, key: str, problem: str) -> None:
        where = ": ".join(part for part in (file, control, key) if part)
        super().__init__(f"{where}: {problem}")
        self.file = file
        self.control = control
        self.key = key


class WaiverError(PolicyError):
    """A waiver that must not count; names the entry and the field."""

    def __init__(self, entry: str, field: str, problem: str) -> None:
        super().__init__(f"waiver {entry}: {field}: {problem}")
        self.entry = entry
        self.field = field
