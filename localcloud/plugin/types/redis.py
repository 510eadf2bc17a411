"""Memorystore for Redis: https://cloud.google.com/memorystore/docs/redis/reference/rest"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Field, Json, Kind, local


class Instance(Behaviour):
    def insert(self, values: Json) -> Json:
        path = self.fill("projects/{project}/locations/{region}/instances", values)
        body = {**(self.body(values) or {}), "name": self.fill(self.kind.path, values)}
        answer = self.client.call(self.kind.api, "POST", path, body, {"instanceId": values["name"]})
        return self.done(answer, values)

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        if answer.get("authEnabled"):
            path = self.fill(f"{self.kind.path}/authString", values)
            outputs["authString"] = self.client.call(self.kind.api, "GET", path).get("authString", "")
        return outputs


KINDS = (
    Kind(
        token="gcp:redis/instance:Instance",
        api="redis",
        path="projects/{project}/locations/{region}/instances/{name}",
        behaviour=Instance,
        defaults={"connectMode": "DIRECT_PEERING", "tier": "BASIC", "transitEncryptionMode": "DISABLED"},
        fields={
            "deletionProtection": local(),
            "authString": local(""),
            "reservedIpRange": Field(written=True, decode=lambda v: None),
            "effectiveReservedIpRange": Field(wire="reservedIpRange"),
        },
        computed=frozenset(
            {"locationId", "alternativeLocationId", "authorizedNetwork", "reservedIpRange", "redisVersion"}
        ),
        replace=frozenset(
            {
                "authorizedNetwork",
                "connectMode",
                "customerManagedKey",
                "locationId",
                "alternativeLocationId",
                "tier",
                "transitEncryptionMode",
                "reservedIpRange",
            }
        ),
    ),
)
