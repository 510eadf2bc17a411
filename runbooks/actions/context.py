"""What the activities of one run share, by type instead of by key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from runbooks.drill.run import Run
from runbooks.google import Google
from runbooks.stack import Stack
from runbooks.writer import Writer


@dataclass
class Shared:
    """Built once from the run's stack; activities add what they learn."""

    stack: Stack
    google: Google
    writer: Writer
    run_id: str
    others: dict[str, dict[str, str]] = field(default_factory=dict)
    target: datetime | None = None
    declared: float = 0.0
    clone: str = ""

    @property
    def project(self) -> str:
        return str(self.stack.outputs["project"])

    @property
    def instance(self) -> str:
        """Name of the instance that serves now (outputs give it bare or as a resource name)."""
        return str(self.stack.outputs["sqlInstance"]).rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def shared(run: Run) -> Shared:
    found = run.memory["shared"]
    assert isinstance(found, Shared)
    return found
