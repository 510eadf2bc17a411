"""Assured Workloads: https://cloud.google.com/assured-workloads/docs/reference/rest"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import reference
from localcloud.plugin.kinds import Field, Json, Kind

_INPUT_ONLY = (
    "billingAccount",
    "partnerServicesBillingAccount",
    "provisionedResourcesParent",
    "resourceSettings",
    "kmsSettings",
)
_PROJECTS = ("CONSUMER_PROJECT", "ENCRYPTION_KEYS_PROJECT")


class Workload(Behaviour):
    """What a workload made must be on its way out before the workload can be deleted."""

    def identify(self, values: Json, answer: Json) -> Json:
        return {"name": _last(answer["name"])}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        """The published provider reads the etag first, and prefixes the mask."""
        mask = sorted(self.mask(changed))
        if not mask:
            return
        path = self.fill(self.kind.path, values)
        etag = (self.fetch(values) or {}).get("etag", "")
        body = {**self.update_body(values, changed, olds), "etag": etag}
        query = {"updateMask": ",".join(f"Workload.{name}" for name in mask)}
        self.client.call(self.kind.api, "PATCH", path, body, query)

    def remove(self, values: Json) -> None:
        resources = (self.fetch(values) or {}).get("resources", [])
        for collection, kinds in (("projects", _PROJECTS), ("folders", ("CONSUMER_FOLDER",))):
            for resource in resources:
                if resource.get("resourceType") in kinds:
                    self._remove_resource(f"{collection}/{resource['resourceId']}")
        super().remove(values)

    def _remove_resource(self, path: str) -> None:
        """Asked at the workload's own endpoint, as the published provider does where that is plain http."""
        found = self.client.call(self.kind.api, "GET", path)
        if found.get("lifecycleState") != "DELETE_REQUESTED":
            self.client.call(self.kind.api, "DELETE", path)


def _last(value: Any) -> str:
    return str(value or "").rsplit("/", 1)[-1]


KINDS = (
    Kind(
        token="gcp:assuredworkloads/workload:Workload",
        api="assuredWorkloads",
        path="organizations/{organization|base}/locations/{location}/workloads/{name|base}",
        behaviour=Workload,
        autoname=False,
        fields={
            "name": Field(decode=_last),
            **{name: Field(written=True, zero=None) for name in _INPUT_ONLY},
        },
        replace=frozenset(
            {
                *_INPUT_ONLY,
                "complianceRegime",
                "enableSovereignControls",
                "partner",
                "partnerPermissions",
                "violationNotificationsEnabled",
                "workloadOptions",
            }
        ),
        computed=frozenset({"enableSovereignControls", "violationNotificationsEnabled"}),
        equal={"organization": reference, "billingAccount": reference},
    ),
)
