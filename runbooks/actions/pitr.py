"""Point-in-time recovery of one tenant's database, through Cloud SQL's clone API.

A clone is always a new instance; the one that serves is never touched. Reference:
https://cloud.google.com/sql/docs/postgres/backup-recovery/pitr
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from runbooks import database
from runbooks.actions.context import Shared, shared, target_moment
from runbooks.drill.activities import action, probe
from runbooks.drill.run import Run
from runbooks.errors import ActivityError, NotProven

_RETENTION_DAYS = 7
"""What Cloud SQL keeps of the write-ahead log unless the instance says otherwise."""

_APPEARS_SECONDS = 120.0
"""How long after a request that was never answered its clone may still appear."""
_MADE_SECONDS = 1800.0
_EVERY_SECONDS = 1.0

_MARGIN = 1.0
"""Seconds around the target in which a write may be on either side: the landing error that is allowed."""

_RECOVERED = "SELECT key FROM careplane.idempotency_keys WHERE key LIKE %s AND answer IS NOT NULL"
"""Requests that were answered; one that was only begun had not been acknowledged."""

_INSTANCE = "GET sqladmin projects/{project}/instances/{instance}"


def _instance(given: Shared, name: str) -> dict[str, Any]:
    return given.google.call("GET", "sqlCustomEndpoint", f"projects/{given.project}/instances/{name}")


def refuse_unrecoverable(moment: datetime, now: datetime, retention_days: int, created: datetime) -> None:
    """A moment that has not come yet, or that no log is kept of, is refused before anything is done."""
    if moment > now:
        raise ActivityError(f"{moment.isoformat()} is in the future; it is {now.isoformat()} now")
    if moment < now - timedelta(days=retention_days):
        raise ActivityError(
            f"{moment.isoformat()} is before retention: logs are kept for {retention_days} days"
        )
    if moment < created:
        raise ActivityError(f"{moment.isoformat()} is before the instance was made, {created.isoformat()}")


@probe("recovery-is-configured", calls=(_INSTANCE,))
def recovery_is_configured(run: Run, moment: datetime | None = None) -> Any:
    """The tenant has an instance of its own, with point-in-time recovery that reaches back to the moment."""
    given = shared(run)
    if given.stack.config.get("careplane:placement") != "dedicated":
        raise ActivityError("careplane:placement: this drill needs a dedicated tenant; allowed: dedicated")
    found = _instance(given, given.instance)
    backup = found.get("settings", {}).get("backupConfiguration", {})
    if not (backup.get("enabled") and backup.get("pointInTimeRecoveryEnabled")):
        raise ActivityError(f"{given.instance} has no point-in-time recovery")
    days = int(backup.get("transactionLogRetentionDays") or _RETENTION_DAYS)
    if moment is not None:
        made = found.get("createTime")
        created = datetime.fromisoformat(made) if made else datetime.min.replace(tzinfo=UTC)
        refuse_unrecoverable(moment, datetime.now(UTC), days, created)
    return {"instance": given.instance, "retention_days": days}


@action("choose-moment")
def choose_moment(run: Run, moment: datetime | None = None) -> Any:
    """Choose the moment to come back to: the one that was given, else now, while writes go on."""
    target = moment or datetime.fromtimestamp(shared(run).writer.now(), UTC)
    run.remember(target=target.isoformat())
    return {"target": target.isoformat()}


@action(
    "clone-to-moment",
    calls=(
        "POST sqladmin projects/{project}/instances/{instance}/clone",
        "GET sqladmin …/operations/{operation}",
    ),
)
def clone_to_moment(run: Run) -> Any:
    """Declare the loss, clone the instance to the chosen moment, and read it. RTO is the time of this."""
    given = shared(run)
    target = target_moment(run).astimezone(UTC)
    declared = time.monotonic()
    clone = f"{given.instance[:60]}-{run.id}"
    run.remember(clone=clone)
    moment = target.isoformat().replace("+00:00", "Z")
    body = {"cloneContext": {"destinationInstanceName": clone, "pointInTime": moment}}
    path = f"projects/{given.project}/instances/{given.instance}/clone"
    operation = given.google.call("POST", "sqlCustomEndpoint", path, body)
    run.remember(
        recovered_from={"instance": given.instance, "moment": moment, "operation": operation.get("name")}
    )
    given.google.sql_operation(given.project, operation)
    cloned = time.monotonic()
    found = _recovered(given, clone)
    run.measured(rto_seconds=round(time.monotonic() - declared, 3))
    return {"clone": clone, "seconds": round(cloned - declared, 3), "readable": len(found)}


def _recovered(given: Shared, clone: str) -> set[int]:
    """Numbers of the writer whose idempotency keys the clone holds, read as the tenant's own role."""
    prefix = given.writer.key(0)[:-1]
    with database.connect(given.google, given.project, clone) as connection:
        rows = connection.execute(_RECOVERED, (prefix + "%",)).fetchall()
    return {int(row[0].removeprefix(prefix)) for row in rows}


@probe(
    "marker-a-present-marker-b-absent",
    calls=(_INSTANCE, "SELECT key FROM careplane.idempotency_keys, read-only, as the tenant's own role"),
)
def markers(run: Run) -> Any:
    """Every write acknowledged before the moment is there, none from after it is. Measures RPO."""
    given = shared(run)
    target, acknowledged = target_moment(run).timestamp(), given.writer.acknowledged
    found = _recovered(given, run.recall("clone", ""))
    before = {n: at for n, at in acknowledged.items() if at <= target}
    after = {n for n, at in acknowledged.items() if at > target + _MARGIN}
    if not before or not after:
        raise NotProven("the writer left no marker on one side of the moment: nothing is proven")
    lost = sorted(set(before) - found)
    landed = max((acknowledged[n] for n in found if n in acknowledged), default=0.0)
    run.measured(
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


@action(
    "remove-clone",
    calls=(
        "GET sqladmin projects/{project}/instances",
        "PATCH sqladmin projects/{project}/instances/{clone} (protection lifted)",
        "DELETE sqladmin projects/{project}/instances/{clone}",
    ),
)
def remove_clone(run: Run) -> Any:
    """Delete the clone (protection lifted first), finished or not.

    A request whose answer nobody heard may still be on its way: its clone is waited for.
    """
    given, clone = shared(run), run.recall("clone")
    if not clone:
        return "no clone was made"
    answered = run.recall("recovered_from") is not None
    if not _settled(given, clone, 0.0 if answered else _APPEARS_SECONDS):
        return "no such clone was made"
    path = f"projects/{given.project}/instances/{clone}"
    lifted = {"settings": {"deletionProtectionEnabled": False}}
    given.google.sql_operation(given.project, given.google.call("PATCH", "sqlCustomEndpoint", path, lifted))
    given.google.sql_operation(given.project, given.google.call("DELETE", "sqlCustomEndpoint", path))
    return {"deleted": clone}


def _settled(given: Shared, clone: str, appears: float) -> bool:
    """Whether the clone is there, once it is no longer being made."""
    begun = time.monotonic()
    while True:
        states = {item["name"]: item.get("state") for item in _listed(given)}
        waited = time.monotonic() - begun
        if clone not in states and waited >= appears:
            return False
        if clone in states and states[clone] != "PENDING_CREATE":
            return True
        if waited > _MADE_SECONDS:
            raise ActivityError(f"{clone} is still being made after {_MADE_SECONDS:g} s; resume later")
        time.sleep(_EVERY_SECONDS)


def _listed(given: Shared) -> list[dict[str, Any]]:
    answer = given.google.call("GET", "sqlCustomEndpoint", f"projects/{given.project}/instances")
    items: list[dict[str, Any]] = answer.get("items", [])
    return items
