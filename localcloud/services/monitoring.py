"""Cloud Monitoring's configuration: alert policies, channels, uptime checks, services and objectives."""

from __future__ import annotations

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.registry import computed
from localcloud.timestamps import stamp


@computed("monitoring.projects.alertPolicies")
def alert_policy(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    missing = [c for c in body.get("notificationChannels") or () if cloud.store.get("monitoring", c) is None]
    if missing:
        raise ApiError(400, f"Notification channel {missing[0]} does not exist.")
    record = {"mutateTime": stamp(cloud.clock.now()), "mutatedBy": "operator@careplane.test"}
    if new:
        body["creationRecord"] = record
        body.setdefault("enabled", True)
    body["mutationRecord"] = record
    for number, condition in enumerate(body.get("conditions") or (), 1):
        condition.setdefault("name", f"{name}/conditions/{number}")


@computed("monitoring.projects.notificationChannels")
def channel(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    body.setdefault("enabled", True)


@computed("monitoring.services.serviceLevelObjectives")
def objective(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    goal = body.get("goal")
    if not isinstance(goal, int | float) or not 0 < goal <= 0.9999:
        raise ApiError(400, f"goal: {goal!r} is not allowed; allowed: a number above 0 and up to 0.9999")
