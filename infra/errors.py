"""Errors that carry what a person needs to mend them.

InfraError
├── ConfigError      a key's value cannot be used
└── ResidencyError   a location lies outside the jurisdiction
"""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 160
"""Characters of a refused value that an error shows."""


class InfraError(ValueError):
    """Anything that stops a stack before the engine has touched a resource."""


class ConfigError(InfraError):
    """A configuration value that cannot be used: `key`, what was `given` and what is `allowed`."""

    def __init__(self, key: str, given: object, allowed: str | Iterable[str]) -> None:
        self.key = key
        self.given = given
        self.allowed = allowed if isinstance(allowed, str) else ", ".join(sorted(allowed))
        shown = "nothing was given" if given is None else f"{_short(given)} is not allowed"
        super().__init__(f"{key}: {shown}; allowed: {self.allowed}")


def _short(given: object) -> str:
    """A value as a person can read it in one sentence."""
    text = repr(given)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


class ResidencyError(InfraError):
    """A `location` asked for by `what` that `jurisdiction` does not hold."""

    def __init__(self, what: str, location: str, jurisdiction: str, allowed: Iterable[str]) -> None:
        self.what = what
        self.location = location
        self.jurisdiction = jurisdiction
        self.allowed = tuple(sorted(allowed))
        super().__init__(
            f"{what}: location {location!r} lies outside jurisdiction {jurisdiction!r}; "
            f"allowed: {', '.join(self.allowed)}"
        )
