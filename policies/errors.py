"""Why the room cannot answer.

PolicyError
├── ClockError      the clock says a time that cannot be
├── FrameworkError  a framework's data is malformed, or names what does not exist
├── LevelError      what a failure does to an update is malformed (`policies.levels`)
├── SigningError    the key cannot sign
├── StateError      the state or stack cannot be read
└── WaiverError     a waiver is malformed, expired, unused or over-broad
"""

from __future__ import annotations

from datetime import datetime


class PolicyError(Exception):
    """Bad input: exit code 2."""


class ClockError(PolicyError):
    """A clock that must not decide whether something has expired."""

    def __init__(self, moment: datetime, problem: str) -> None:
        super().__init__(f"the clock says {moment:%Y-%m-%d at %H:%M} UTC, {problem}; set it right")
        self.moment = moment


class SigningError(PolicyError):
    """A signature that cannot be made; names the key or the call."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"signing: {key}: {problem}")
        self.key = key


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
    """A waiver that must not count; names the file, the entry and the field."""

    def __init__(self, entry: str, field: str, problem: str, file: str = "waivers.yaml") -> None:
        where = f"waiver {entry}: {field}" if entry else field
        super().__init__(f"{file}: {where}: {problem}")
        self.file = file
        self.entry = entry
        self.field = field
