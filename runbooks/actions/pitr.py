"""Point-in-time recovery of one tenant's database, through Cloud SQL's clone API.

A clone is always a new instance; the one that serves is never touched. Reference:
https://cloud.google.com/sql/docs/postgres/backup-recovery/pitr
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from runbooks import database
from runbooks.actions.context import Shared, shared
from runbooks.drill.activities import activity
from runbooks.drill.run import Run
from runbooks.errors import ActivityError

_MARGIN = 1.0
"""Seconds around the target in which a write may be on either side: the landing error that is allowed."""

_RECOVERED = "SELECT key FROM careplane.idempotency_keys WHERE key LIKE %s AND answer IS NOT NULL"
"""Requests that were answered; one that was only begun had not been acknowledged."""


def _instance(given: Shared, name: str) -> dict[str, Any]:
    return given.google.call("GET", "sqlCustomEndpoint", f"projects/{given.project}/instances/{name}")


@activity("recovery-is-configured")
def recovery_is_configured(run: Run) -> Any:
    """Precondition: the tenant has an instance of its own, with backups and point-in-time recovery on."""
    given = shared(run)
    if given.stack.config.get("careplane:placement") != "dedicated":
        raise ActivityError("careplane:placement: this drill needs a dedicated tenant; allowed: dedicated")
    backup = _instance(given, given.instance).get("settings", {}).get("backupConfiguration", {})
    if not (backup.get("enabled") and backup.get("pointInTimeRecoveryEnabled")):
        raise ActivityError(f"{given.instance} has no point-in-time recovery")
    return {"instance": given.instance, "retention_days": backup.get("transactionLogRetentionDays")}


@activity("choose-moment")
def choose_moment(run: Run) -> Any:
    """The moment to come back to: now, while writes go on."""
    given = shared(run)
    given.target = datetime.now(UTC)
    return {"target": given.target.isoformat()}


@activity("clone-to-moment")
def clone_to_moment(run: Run) -> Any:
    """Declare the loss and clone the instance to the chosen moment. The clock of RTO starts here."""
    given = shared(run)
    assert given.target is not None
    given.declared = time.time()
    given.clone = f"{given.instance[:60]}-{given.run_id}"
    moment = given.target.isoformat().replace("+00:00", "Z")
    body = {"cloneContext": {"destinationInstanceName": given.clone, "pointInTime": moment}}
    path = f"projects/{given.project}/instances/{given.instance}/clone"
    operation = given.google.call("POST", "sqlCustomEndpoint", path, body)
    given.google.sql_operation(given.project, operation)
    return {"clone": given.clone, "seconds": round(time.time() - given.declared, 3)}


def _recovered(given: Shared) -> set[int]:
    """Numbers of the writer whose idempotency keys the clone holds, read as the tenant's own role."""
    prefix = given.writer.key(0)[:-1]
    with database.connect(given.google, given.project, given.clone) as connection:
        rows = connection.execute(_RECOVERED, (prefix + "%",)).fetchall()
    return {int(row[0].removeprefix(prefix)) for row in rows}


@activity("marker-a-present-marker-b-absent")
def markers(run: Run) -> Any:
    """Every write acknowledged before the moment is there, none from after it is. Measures RPO and RTO."""
    given = shared(run)
    assert given.target is not None
    target, acknowledged = given.target.timestamp(), given.writer.acknowledged
    found = _recovered(given)
    run.journal.measured(rto_seconds=round(time.time() - given.declared, 3))
    before = {n: at for n, at in acknowledged.items() if at <= target}
    after = {n for n, at in acknowledged.items() if at > target + _MARGIN}
    if not before or not after:
        raise ActivityError("the writer left no marker on one side of the moment: nothing is proven")
    lost = sorted(set(before) - found)
    landed = max((acknowledged[n] for n in found if n in acknowledged), default=0.0)
    run.journal.measured(
        rpo_seconds=round(max((target - before[n] for n in lost), default=0.0), 3),
        landing_error_seconds=round(abs(target - landed), 3),
        acknowledged_before=len(before),
        acknowledged_after=len(after),
        recovered=len(found),
        lost=len(lost),
    )
    if after & found:
        raise ActivityError(f"{len(after & found)} writes from after the moment came back")
    if lost:
        raise ActivityError(f"{len(lost)} acknowledged writes are lost, the first is number {lost[0]}")
    return {"before": len(before), "after": len(after), "recovered": len(found)}


@activity("remove-clone")
def remove_clone(run: Run) -> Any:
    """Rollback: delete the clone (protection lifted first), whether or not the clone was finished."""
    given = shared(run)
    if not given.clone:
        return "no clone was made"
    names = [item["name"] for item in _listed(given)]
    if given.clone not in names:
        return "the clone was never finished"
    path = f"projects/{given.project}/instances/{given.clone}"
    lifted = {"settings": {"deletionProtectionEnabled": False}}
    given.google.sql_operation(given.project, given.google.call("PATCH", "sqlCustomEndpoint", path, lifted))
    given.google.sql_operation(given.project, given.google.call("DELETE", "sqlCustomEndpoint", path))
    return {"deleted": given.clone}


def _listed(given: Shared) -> list[dict[str, Any]]:
    answer = given.google.call("GET", "sqlCustomEndpoint", f"projects/{given.project}/instances")
    items: list[dict[str, Any]] = answer.get("items", [])
    return items
