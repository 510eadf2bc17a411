"""That nothing else moved: the rows of every other tenant, and Pulumi's state."""

from __future__ import annotations

from typing import Any

from runbooks import database, stack
from runbooks.drill.activities import probe
from runbooks.drill.run import Run
from runbooks.errors import ActivityError, NotProven
from runbooks.google import Google

_READS = (
    "pulumi stack ls; pulumi stack output of each other tenant",
    "POST iamcredentials serviceAccounts/{serviceAccount}:generateAccessToken",
    "SELECT count(*), md5(…) of every table, read-only, as the tenant's own role",
)


def _fingerprints(name: str) -> dict[str, str]:
    other = stack.read(name)
    google = Google(other)
    instance = str(other.outputs["sqlInstance"])
    # A pooled tenant's instance lies in the cell's project, and its output says so.
    project = instance.split("/")[1] if instance.startswith("projects/") else str(other.outputs["project"])
    with database.connect(google, project, instance.rsplit("/", 1)[-1]) as connection:
        return database.fingerprints(connection)


@probe("remember-other-tenants", calls=_READS)
def remember_other_tenants(run: Run) -> Any:
    """Hash every row of every other tenant of the place before anything happens."""
    others = {name: _fingerprints(name) for name in stack.neighbours(run.stack)}
    run.remember(others=others)
    return {name: len(tables) for name, tables in others.items()}


@probe("other-tenants-unchanged", calls=_READS)
def other_tenants_unchanged(run: Run) -> Any:
    """The hashes of every other tenant's rows are what they were."""
    others: dict[str, dict[str, str]] = run.recall("others", {})
    if not others:
        raise NotProven("no other tenant is up: that nothing of theirs changed is not proven")
    for name, before in others.items():
        now = _fingerprints(name)
        changed = sorted(table for table in before.keys() | now.keys() if before.get(table) != now.get(table))
        if changed:
            raise ActivityError(f"rows of {name} changed: {', '.join(changed)}")
    return {name: "unchanged" for name in others}


@probe("preview-is-empty", calls=("pulumi preview --expect-no-changes --stack {stack}",))
def preview_is_empty(run: Run) -> Any:
    """Pulumi would change nothing."""
    stack.pulumi("preview", "--expect-no-changes", "--non-interactive", "--stack", run.stack)
    return "no changes"
