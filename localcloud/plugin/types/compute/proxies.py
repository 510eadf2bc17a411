"""Target proxies and the forwarding rules before them: https://cloud.google.com/load-balancing/docs"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved
from localcloud.plugin.types.compute.base import (
    GLOBAL,
    NAMED,
    NETWORK,
    REGION,
    Regional,
    Settable,
    Setter,
    absolute,
    given,
    linked,
)

_MANAGER = "//certificatemanager.googleapis.com/"


class TargetHttpProxy(Settable):
    references = (("urlMap", GLOBAL + "/urlMaps"),)
    setters = (Setter("urlMap", "projects/{project}/targetHttpProxies/{name}/setUrlMap"),)


class TargetHttpsProxy(Settable):
    setters = (
        Setter("quicOverride", "{self}/setQuicOverride"),
        Setter("tlsEarlyData", "{self}", "PATCH", fingerprint=True),
        Setter("sslCertificates", "projects/{project}/targetHttpsProxies/{name}/setSslCertificates"),
        Setter(
            "certificateManagerCertificates",
            "projects/{project}/targetHttpsProxies/{name}/setSslCertificates",
        ),
        Setter("certificateMap", "{self}/setCertificateMap"),
        Setter("sslPolicy", "{self}/setSslPolicy"),
        Setter("urlMap", "projects/{project}/targetHttpsProxies/{name}/setUrlMap"),
        Setter("serverTlsPolicy", "{self}", "PATCH", fingerprint=True),
    )


def _managed(certificates: list[str] | None) -> list[str]:
    return [c if c.startswith("//") else _MANAGER + c for c in certificates or []]


def _of_manager(found: Any) -> list[str] | None:
    return [c for c in found or [] if "certificatemanager" in c] or None


def _of_compute(found: Any) -> list[str] | None:
    return [c for c in found or [] if "certificatemanager" not in c] or None


class GlobalForwardingRule(Settable):
    """Labels are set once more after creation, if there are any."""

    setters: tuple[Setter, ...] = (
        Setter("target", "{self}/setTarget"),
        Setter("allowPscGlobalAccess", "{self}", "PATCH", fingerprint=True),
    )

    def after_create(self, values: Json) -> None:
        if self.all_labels(values):
            self.set_labels(values)

    def after_update(self, values: Json, changed: set[str], olds: Json) -> None:
        if "labels" in changed:
            self.set_labels(values)


class ForwardingRule(GlobalForwardingRule, Regional):
    references = (("network", GLOBAL + "/networks"), ("subnetwork", REGION + "/subnetworks"))
    setters = (
        *GlobalForwardingRule.setters,
        Setter("allowGlobalAccess", "{self}", "PATCH"),
    )

    def body(self, values: Json) -> Json | None:
        body: Json = super().body(values) or {}
        full = {n: absolute(self, body[n], values) for n in ("backendService", "target") if body.get(n)}
        body |= {**full, **given(values, "allowGlobalAccess", "allowPscGlobalAccess", "noAutomateDnsZone")}
        if "/serviceAttachments/" in str(body.get("target")):
            body.pop("labels", None)  # taken only by setLabels
        return body


_RULE_FIELDS = {
    **NAMED,
    **NETWORK,
    "ipAddress": moved("IPAddress"),
    "ipProtocol": moved("IPProtocol"),
    "forwardingRuleId": moved("id"),
    "noAutomateDnsZone": Field(zero=None),
    # At most one, which Google has in a list.
    "serviceDirectoryRegistrations": Field(zero=None, encode=lambda value: [value] if value else None),
}
_RULE_FIXED = frozenset(
    {
        "description",
        "ipAddress",
        "ipProtocol",
        "ipVersion",
        "loadBalancingScheme",
        "network",
        "networkTier",
        "noAutomateDnsZone",
        "portRange",
        "serviceDirectoryRegistrations",
        "sourceIpRanges",
        "subnetwork",
    }
)
_RULE_COMPUTED = frozenset(
    {
        "ipAddress",
        "ipProtocol",
        "ipVersion",
        "network",
        "networkTier",
        "portRange",
        "serviceDirectoryRegistrations",
        "subnetwork",
    }
)

KINDS = (
    Kind(
        token="gcp:compute/targetHttpProxy:TargetHttpProxy",
        api="compute",
        path=f"{GLOBAL}/targetHttpProxies/{{name}}",
        behaviour=TargetHttpProxy,
        mask=False,
        fields={**NAMED, "proxyId": moved("id")},
        replace=frozenset({"description", "httpKeepAliveTimeoutSec", "proxyBind"}),
        computed=frozenset({"proxyBind"}),
        equal=linked("urlMap"),
    ),
    Kind(
        token="gcp:compute/targetHttpsProxy:TargetHttpsProxy",
        api="compute",
        path=f"{GLOBAL}/targetHttpsProxies/{{name}}",
        behaviour=TargetHttpsProxy,
        mask=False,
        defaults={"quicOverride": "NONE"},
        fields={
            **NAMED,
            "serverTlsPolicy": always(None),
            "proxyId": moved("id"),
            "certificateManagerCertificates": moved("sslCertificates", encode=_managed, decode=_of_manager),
            "sslCertificates": Field(decode=_of_compute),
        },
        replace=frozenset({"description", "httpKeepAliveTimeoutSec", "proxyBind"}),
        computed=frozenset({"proxyBind", "tlsEarlyData"}),
        equal=linked("urlMap", "sslPolicy"),
    ),
    Kind(
        token="gcp:compute/globalForwardingRule:GlobalForwardingRule",
        api="compute",
        path=f"{GLOBAL}/forwardingRules/{{name}}",
        behaviour=GlobalForwardingRule,
        attribution=False,
        mask=False,
        fields=_RULE_FIELDS,
        replace=_RULE_FIXED
        | {
            "externalManagedBackendBucketMigrationState",
            "externalManagedBackendBucketMigrationTestingPercentage",
            "metadataFilters",
        },
        computed=_RULE_COMPUTED,
        equal=linked("network", "subnetwork", "target"),
    ),
    Kind(
        token="gcp:compute/forwardingRule:ForwardingRule",
        api="compute",
        path=f"{REGION}/forwardingRules/{{name}}",
        behaviour=ForwardingRule,
        attribution=False,
        mask=False,
        defaults={"loadBalancingScheme": "EXTERNAL", "recreateClosedPsc": False},
        fields={**_RULE_FIELDS, "recreateClosedPsc": local(False)},
        replace=_RULE_FIXED
        | {"allPorts", "backendService", "ipCollection", "isMirroringCollector", "ports", "serviceLabel"},
        computed=_RULE_COMPUTED,
        equal=linked("network", "subnetwork", "target", "backendService"),
    ),
)
