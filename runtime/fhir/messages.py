"""What the store is asked and what it answers: HTTP without a socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CONTENT_TYPE = "application/fhir+json;charset=utf-8"


@dataclass(frozen=True)
class FhirRequest:
    """`path` is relative to the store's base (`Patient/1`); `headers` may have any case."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The header's value whatever its case; None where it was not sent."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)


@dataclass(frozen=True)
class FhirResponse:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
