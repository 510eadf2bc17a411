"""Cloud Monitoring: https://cloud.google.com/monitoring/api/ref_v3/rest"""

from __future__ import annotations

import json
from typing import Any

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved, zero

_SERVICES = "v3/projects/{project}/services"


class Slo(Behaviour):
    """The indicator is one object in Google's API, one property per sort in the provider's."""

    def body(self, values: Json) -> Json | None:
        return {**(super().body(values) or {}), "name": values["sloId"]}


class CustomService(Behaviour):
    def body(self, values: Json) -> Json | None:
        return {"custom": {}, **(super().body(values) or {})}


class Dashboard(Behaviour):
    """The whole dashboard is one JSON text."""

    def body(self, values: Json) -> Json | None:
        return json.loads(values["dashboardJson"])  # type: ignore[no-any-return]

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if "dashboardJson" in changed:
            etag = (self.fetch(values) or {}).get("etag", "")
            body = {**(self.body(values) or {}), "etag": etag}
            self.client.call(self.kind.api, "PATCH", self.fill(self.kind.path, values), body)

    def identify(self, values: Json, answer: Json) -> Json:
        return {"name": answer["name"]}

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, {**values, "name": answer["name"]})
        text = json.dumps(answer, sort_keys=True, separators=(",", ":"))
        return {**outputs, "dashboardJson": text, "id": answer["name"]}

    def resolve(self, inputs: Json, olds: Json | None = None) -> Json:
        values = super().resolve(inputs, olds)
        id = (olds or inputs).get("id")
        return {**values, "name": id} if id else values

    def delete(self, values: Json) -> None:
        super().delete({**values, "name": values["id"]})


def _days(value: Any) -> Any:
    return f"{int(value) * 86400}s" if value else None


def _seconds(value: Any) -> int:
    return int(str(value).rstrip("s")) // 86400 if value else 0


def _same_dashboard(old: Any, new: Any) -> bool:
    """Google adds an etag and a name."""
    try:
        first, second = json.loads(old), json.loads(new)
    except (TypeError, ValueError):
        return False
    return all(first.get(k) == second.get(k) for k in (first.keys() | second.keys()) - {"etag", "name"})


KINDS = (
    Kind(
        token="gcp:monitoring/notificationChannel:NotificationChannel",
        api="monitoring",
        path="v3/{name}",
        collection="v3/projects/{project}/notificationChannels",
        defaults={"enabled": True},
        fields={"forceDelete": local(False), "sensitiveLabels": Field(wire=None)},
        delete_query={"force": "false"},
    ),
    Kind(
        token="gcp:monitoring/alertPolicy:AlertPolicy",
        api="monitoring",
        path="v3/{name}",
        collection="v3/projects/{project}/alertPolicies",
        defaults={"enabled": True},
        fields={"creationRecords": moved("creationRecord"), "enabled": always(False)},
    ),
    Kind(
        token="gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig",
        api="monitoring",
        path="v3/{name}",
        collection="v3/projects/{project}/uptimeCheckConfigs",
        defaults={"httpCheck.requestMethod": "GET"},
        fields={
            "uptimeCheckId": moved("name", decode=lambda v: str(v).rsplit("/", 1)[-1]),
            "httpCheck.headers": zero({}),
        },
        replace=frozenset({"monitoredResource", "resourceGroup", "checkerType"}),
    ),
    Kind(
        token="gcp:monitoring/customService:CustomService",
        api="monitoring",
        path=f"{_SERVICES}/{{serviceId}}",
        create_query={"serviceId": "{serviceId}"},
        behaviour=CustomService,
        fields={"userLabels": always({}), "name": Field()},
    ),
    Kind(
        token="gcp:monitoring/slo:Slo",
        api="monitoring",
        behaviour=Slo,
        path=f"{_SERVICES}/{{service}}/serviceLevelObjectives/{{sloId}}",
        create_query={"serviceLevelObjectiveId": "{sloId}"},
        fields={
            "userLabels": always({}),
            "rollingPeriodDays": moved("rollingPeriod", encode=_days, decode=_seconds),
            "basicSli": moved("serviceLevelIndicator.basicSli"),
            "requestBasedSli": moved("serviceLevelIndicator.requestBased"),
            "windowsBasedSli": moved("serviceLevelIndicator.windowsBased"),
            "name": Field(),
        },
    ),
    Kind(
        token="gcp:monitoring/dashboard:Dashboard",
        api="monitoring",
        path="v1/{name}",
        collection="v1/projects/{project}/dashboards",
        behaviour=Dashboard,
        fields={"dashboardJson": local("")},
        equal={"dashboardJson": _same_dashboard},
    ),
)
