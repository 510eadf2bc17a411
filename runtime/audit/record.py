"""What is recorded of one access: who, what, when, how it ended. References only, no other patient data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

Phase = Literal["access", "intent", "outcome"]
MAX_REFERENCES = 5000

ACTIONS = {
    "create": "C",
    "update": "U",
    "patch": "U",
    "delete": "D",
    "transaction": "E",
    "batch": "E",
    "search-type": "E",
    "search-system": "E",
    "operation": "E",
    "token": "E",
}
"""http://hl7.org/fhir/audit-event-action; anything else reads."""


@dataclass(frozen=True)
class AuditRecord:
    """`access`: something was read. `intent` and `outcome`: before and after a write, with one id."""

    id: str
    phase: Phase
    time: str
    tenant: str
    interaction: str
    request: str
    source: str
    client: str | None = None
    type: str | None = None
    references: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    status: int | None = None
    more_references: int = 0

    @property
    def key(self) -> str:
        """What makes it one record, however often it is delivered."""
        return f"{self.id}-{self.phase}"

    @property
    def action(self) -> str:
        return ACTIONS.get(self.interaction, "R")

    def canonical(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def parse(cls, data: bytes) -> AuditRecord:
        """Raises ValueError, KeyError or TypeError for what is no record."""
        values: dict[str, Any] = json.loads(data)
        for name in ("references", "parameters"):
            values[name] = tuple(values.get(name, ()))
        return cls(**values)


@dataclass(frozen=True)
class Link:
    """A record's place in the tenant's chain: each hash covers the one before it."""

    sequence: int
    previous: str
    hash: str


GENESIS = Link(0, "", "0" * 64)


def next_link(head: Link, record: AuditRecord) -> Link:
    digest = hashlib.sha256(f"{head.hash}\n{record.canonical()}".encode()).hexdigest()
    return Link(head.sequence + 1, head.hash, digest)
