"""What the activities of one run share, by type instead of by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runbooks.drill.arguments import moment
from runbooks.drill.run import Run
from runbooks.errors import ActivityError
from runbooks.google import Google
from runbooks.stack import Stack
from runbooks.writer import Writer


@dataclass(frozen=True)
class Shared:
    """A tenant's stack, Google's APIs and the writer; what steps learn is in the run's journal."""

    stack: Stack
    google: Google
    writer: Writer

    @property
    def project(self) -> str:
        return str(self.stack.outputs["project"])

    @property
    def instance(self) -> str:
        """Name of the instance that serves now (outputs give it bare or as a resource name)."""
        return str(self.stack.outputs["sqlInstance"]).rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def shared(run: Run) -> Shared:
    assert isinstance(run.tools, Shared)
    return run.tools


def target_moment(run: Run) -> datetime:
    """The moment to come back to, as `choose-moment` remembered it."""
    found = run.recall("target")
    if found is None:
        raise ActivityError("no moment was chosen yet")
    return moment(found)
