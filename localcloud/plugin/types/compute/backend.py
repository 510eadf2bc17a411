"""Backend services, global and regional: https://cloud.google.com/load-balancing/docs/backend-service"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.diff import as_set, reference
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved
from localcloud.plugin.types.compute.base import GLOBAL, NAMED, REGION, Fingerprinted, Regional

_POLICIES = {"securityPolicy": "setSecurityPolicy", "edgeSecurityPolicy": "setEdgeSecurityPolicy"}


class BackendService(Fingerprinted):
    chosen = ("portName", "protocol", "sessionAffinity", "timeoutSec")
    lists: tuple[str, ...] = ("customRequestHeaders", "customResponseHeaders", "healthChecks")

    def after_create(self, values: Json) -> None:
        self._secure(values, {name for name in _POLICIES if values.get(name)})

    def after_update(self, values: Json, changed: set[str], olds: Json) -> None:
        self._secure(values, changed)

    def emptied(self, values: Json) -> Json:
        return {name: _listed(values.get(name)) for name in self.lists}

    def outputs(self, answer: Json, values: Json) -> Json:
        """Google answers with the digest of the secret alone."""
        outputs = super().outputs(answer, values)
        if outputs.get("iap") and values.get("iap"):
            outputs["iap"] = {**outputs["iap"], **_given_secrets(values["iap"])}
        return outputs

    def _secure(self, values: Json, changed: set[str]) -> None:
        for name in sorted(changed & _POLICIES.keys()):
            path = self.fill(f"{self.kind.path}/{_POLICIES[name]}", values)
            body = {"securityPolicy": values.get(name)}
            self.done(self.client.call(self.kind.api, "POST", path, body), values)


def _listed(value: Any) -> list[Any]:
    """`healthChecks` is a list of one, which Pulumi shows as its item."""
    return [] if not value else value if isinstance(value, list) else [value]


def _given_secrets(iap: Json) -> Json:
    names = ("oauth2ClientSecret", "oauth2ClientIdWoVersion", "oauth2ClientSecretWoVersion")
    return {name: iap[name] for name in names if iap.get(name)}


class RegionBackendService(BackendService, Regional):
    lists = ("healthChecks",)

    def body(self, values: Json) -> Json | None:
        """Passthrough load balancers take no capacity."""
        body: Json = super().body(values) or {}
        if values.get("loadBalancingScheme") not in _MANAGED:
            for backend in body.get("backends", []):
                for name in _CAPACITY:
                    backend.pop(name, None)
        return body


_MANAGED = ("INTERNAL_MANAGED", "EXTERNAL_MANAGED")
_CAPACITY = (
    "capacityScaler",
    "maxConnections",
    "maxConnectionsPerEndpoint",
    "maxConnectionsPerInstance",
    "maxRate",
    "maxRatePerEndpoint",
    "maxRatePerInstance",
    "maxUtilization",
)

_WRITE_ONCE: Any = {"decode": lambda value: None}
"""Write-only properties: sent, never shown."""

_FIELDS = {
    **NAMED,
    "connectionDrainingTimeoutSec": moved("connectionDraining.drainingTimeoutSec"),
    "iap": always(None),
    "iap.enabled": always(False),
    "logConfig.enable": always(False),
    "backends.maxUtilization": always(None),
    "enableCdn": moved("enableCDN"),
    "generatedId": moved("id"),
    "params": Field(update=False),
    "customMetrics": Field(),
    "backends.capacityScaler": always(0),
    "affinityCookieTtlSec": Field(),
}
_COMPUTED = frozenset({"portName", "sessionAffinity", "timeoutSec", "logConfig"})

KINDS = (
    Kind(
        token="gcp:compute/backendService:BackendService",
        api="compute",
        path=f"{GLOBAL}/backendServices/{{name}}",
        behaviour=BackendService,
        update_verb="PUT",
        mask=False,
        defaults={
            "connectionDrainingTimeoutSec": 300,
            "loadBalancingScheme": "EXTERNAL",
            "backends.balancingMode": "UTILIZATION",
            "backends.capacityScaler": 1.0,
        },
        fields={
            **_FIELDS,
            "iap.oauth2ClientIdWo": moved("oauth2ClientId", **_WRITE_ONCE),
            "iap.oauth2ClientSecretWo": moved("oauth2ClientSecret", **_WRITE_ONCE),
            "iap.oauth2ClientIdWoVersion": local(),
            "iap.oauth2ClientSecretWoVersion": local(),
        },
        replace=frozenset({"loadBalancingScheme"}),
        equal={
            "securityPolicy": reference,
            "edgeSecurityPolicy": reference,
            "backends.group": reference,
            "backends": as_set,
        },
        computed=_COMPUTED | {"customRequestHeaders"},
    ),
    Kind(
        token="gcp:compute/regionBackendService:RegionBackendService",
        api="compute",
        path=f"{REGION}/backendServices/{{name}}",
        behaviour=RegionBackendService,
        update_verb="PUT",
        mask=False,
        defaults={
            "connectionDrainingTimeoutSec": 300,
            "loadBalancingScheme": "INTERNAL",
            "backends.balancingMode": "UTILIZATION",
        },
        fields={**_FIELDS, "network": Field(), "haPolicy.fastIpMove": moved("fastIPMove")},
        replace=frozenset({"loadBalancingScheme", "network"}),
        equal={
            "securityPolicy": reference,
            "network": reference,
            "backends.group": reference,
            "backends": as_set,
        },
        computed=_COMPUTED
        | {"protocol", "localityLbPolicy", "backends.failover", "ipAddressSelectionPolicy"},
    ),
)
