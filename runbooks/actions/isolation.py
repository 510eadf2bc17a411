"""That nothing else moved: the rows of every other tenant, and Pulumi's state."""

from __future__ import annotations

from typing import Any

from runbooks import database, stack
from runbooks.actions.context import shared
from runbooks.drill.activities import activity
from runbooks.drill.run import Run
from runbooks.errors import ActivityError
from runbooks.google import Google


def _fingerprints(name: str) -> dict[str, str]:
    other = stack.read(name)
    google = Google(other)
    instance = str(other.outputs["sqlInstance"])
    # A pooled tenant's instance lies in the cell's project, and its output says so.
    project = instance.split("/")[1] if instance.startswith("projects/") else str(other.outputs["project"])
    with database.connect(google, project, instance.rsplit("/", 1)[-1]) as connection:
        return database.fingerprints(connection)


@activity("remember-other-tenants")
def remember_other_tenants(run: Run) -> Any:
    """Hash every row of every other tenant of the place before anything happens."""
    given = shared(run)
    given.others = {name: _fingerprints(name) for name in stack.neighbours(run.stack)}
    return {name: len(tables) for name, tables in given.others.items()}


@activity("other-tenants-unchanged")
def other_tenants_unchanged(run: Run) -> Any:
    """The same hashes afterwards."""
    given = shared(run)
    if not given.others:
        raise ActivityError("no other tenant is up: that nothing of theirs changed is not proven")
    for name, before in given.others.items():
        now = _fingerprints(name)
        changed = sorted(table for table in before.keys() | now.keys() if before.get(table) != now.get(table))
        if changed:
            raise ActivityError(f"rows of {name} changed: {', '.join(changed)}")
    return {name: "unchanged" for name in given.others}


@activity("preview-is-empty")
def preview_is_empty(run: Run) -> Any:
    """Steady state: Pulumi would change nothing."""
    stack.pulumi("preview", "--expect-no-changes", "--non-interactive", "--stack", run.stack)
    return "no changes"
