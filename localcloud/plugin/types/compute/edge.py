"""Load balancing, from the address to the backend: https://cloud.google.com/load-balancing/docs"""

from __future__ import annotations

import re
from typing import Any

from localcloud.plugin.diff import as_set, reference
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved
from localcloud.plugin.types.compute.base import (
    GLOBAL,
    LINK,
    NAMED,
    REGION,
    Compute,
    Fingerprinted,
    Regional,
    linked,
)


class BackendService(Fingerprinted):
    chosen = ("portName", "sessionAffinity", "timeoutSec")

    def after_create(self, values: Json) -> None:
        if values.get("securityPolicy"):
            self._secure(values)

    def after_update(self, values: Json, changed: set[str], olds: Json) -> None:
        if "securityPolicy" in changed:
            self._secure(values)

    def emptied(self, values: Json) -> Json:
        lists = ("customRequestHeaders", "customResponseHeaders", "healthChecks")
        return {name: values.get(name) or [] for name in lists}

    def _secure(self, values: Json) -> None:
        path = self.fill(f"{self.kind.path}/setSecurityPolicy", values)
        self.done(
            self.client.call(self.kind.api, "POST", path, {"securityPolicy": values.get("securityPolicy")}),
            values,
        )


class UrlMap(Fingerprinted):
    """Backends are named by their full address."""

    def body(self, values: Json) -> Json | None:
        return self._addressed(super().body(values))  # type: ignore[no-any-return]

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {**outputs, **_v1({name: outputs[name] for name in self.names.inputs})}

    def _addressed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: self._address(v) if k in _BACKENDS else self._addressed(v) for k, v in value.items()}
        return [self._addressed(v) for v in value] if isinstance(value, list) else value

    def _address(self, value: Any) -> Any:
        return self.client.config.endpoint("compute") + value if str(value).startswith("projects/") else value


def _v1(value: Any) -> Any:
    """Addresses of other resources as of v1."""
    if isinstance(value, dict):
        return {k: _v1(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_v1(v) for v in value]
    return LINK.sub(r"\1/v1/", value) if isinstance(value, str) else value


_BACKENDS = frozenset({"defaultService", "service", "backendService"})


class SecurityPolicy(Compute):
    """Rules are patched one by one."""

    def body(self, values: Json) -> Json | None:
        rules = sorted(values.get("rules") or [], key=lambda rule: -rule["priority"])
        body = super().body({**values, "rules": rules}) or {}
        return {"description": "", **body}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        path = self.fill(self.kind.path, values)
        if "rules" in changed:
            self._modify_rules(path, values, olds)
        if rest := {name: values.get(name) for name in changed - {"rules", "labels", *_LOCAL}}:
            body = {k: v for k, v in (self.body(rest) or {}).items() if k != "rules"}
            self.done(self.client.call(self.kind.api, "PATCH", path, body), values)

    def _modify_rules(self, path: str, values: Json, olds: Json) -> None:
        old = {rule["priority"]: rule for rule in self._rules(olds)}
        new = {rule["priority"]: rule for rule in self._rules(values)}
        for priority in sorted(new.keys() - old.keys()):
            self._rule(path, "addRule", new[priority], {}, values)
        for priority in sorted(p for p in new.keys() & old.keys() if new[p] != old[p]):
            mask = [_snake(k) for k in new[priority] if new[priority][k] != old[priority].get(k)]
            query = {"priority": str(priority), **({"updateMask": ",".join(mask)} if mask else {})}
            self._rule(path, "patchRule", new[priority], query, values)
        for priority in sorted(old.keys() - new.keys()):
            self._rule(path, "removeRule", None, {"priority": str(priority)}, values)

    def _rules(self, values: Json) -> list[Json]:
        return list((self.body({"rules": values.get("rules") or []}) or {}).get("rules", []))

    def _rule(self, path: str, verb: str, rule: Json | None, query: dict[str, str], values: Json) -> None:
        self.done(self.client.call(self.kind.api, "POST", f"{path}/{verb}", rule, query), values)


_LOCAL = ("deletionPolicy",)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda m: f"_{m.group(1).lower()}", name)


class NetworkEndpointGroup(Regional):
    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {**outputs, "region": LINK.sub(r"\1/v1/", str(answer.get("region", outputs["region"])))}


KINDS = (
    Kind(
        token="gcp:compute/sSLPolicy:SSLPolicy",
        api="compute",
        path=f"{GLOBAL}/sslPolicies/{{name}}",
        behaviour=Fingerprinted,
        mask=False,
        defaults={"minTlsVersion": "TLS_1_0", "profile": "COMPATIBLE"},
        fields=NAMED,
        replace=frozenset({"description"}),
    ),
    Kind(
        token="gcp:compute/regionNetworkEndpointGroup:RegionNetworkEndpointGroup",
        api="compute",
        path=f"{REGION}/networkEndpointGroups/{{name}}",
        behaviour=NetworkEndpointGroup,
        defaults={"networkEndpointType": "SERVERLESS"},
        fields={**NAMED, "appEngine": always(None), "serverlessDeployment": always(None)},
        replace=frozenset(
            {
                "appEngine",
                "cloudFunction",
                "cloudRun",
                "description",
                "network",
                "networkEndpointType",
                "pscData",
                "pscTargetService",
                "serverlessDeployment",
                "subnetwork",
            }
        ),
        equal=linked("network", "subnetwork", "region"),
    ),
    Kind(
        token="gcp:compute/securityPolicy:SecurityPolicy",
        api="compute",
        path=f"{GLOBAL}/securityPolicies/{{name}}",
        behaviour=SecurityPolicy,
        set_labels=True,
        mask=False,
        fields={
            **NAMED,
            "type": Field(zero="CLOUD_ARMOR"),
            "labels": local(),
            "rules.description": always(""),
            "rules.preview": always(False),
            "rules.match.versionedExpr": always(""),
            "rules.rateLimitOptions.enforceOnKeyConfigs": always([]),
            "rules.rateLimitOptions.enforceOnKeyName": always(""),
        },
        replace=frozenset({"name", "type"}),
        computed=frozenset({"type"}),
        equal={"rules": as_set},
    ),
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
            **NAMED,
            "connectionDrainingTimeoutSec": moved("connectionDraining.drainingTimeoutSec"),
            "iap": always(None),
            "backends.maxUtilization": always(None),
            "enableCdn": moved("enableCDN"),
            "generatedId": moved("id"),
            "params": Field(update=False),
            "customMetrics": Field(),
            "backends.capacityScaler": always(0),
            "affinityCookieTtlSec": Field(),
        },
        replace=frozenset({"loadBalancingScheme"}),
        equal={"securityPolicy": reference, "backends.group": reference},
        computed=frozenset(
            {"portName", "sessionAffinity", "timeoutSec", "customRequestHeaders", "logConfig"}
        ),
    ),
    Kind(
        token="gcp:compute/uRLMap:URLMap",
        api="compute",
        path=f"{GLOBAL}/urlMaps/{{name}}",
        behaviour=UrlMap,
        update_verb="PUT",
        mask=False,
        fields={**NAMED, "mapId": moved("id")},
        equal=linked("defaultService", "pathMatchers.defaultService", "pathMatchers.pathRules.service"),
    ),
    Kind(
        token="gcp:compute/targetHttpsProxy:TargetHttpsProxy",
        api="compute",
        path=f"{GLOBAL}/targetHttpsProxies/{{name}}",
        behaviour=Fingerprinted,
        mask=False,
        defaults={"quicOverride": "NONE"},
        fields={**NAMED, "serverTlsPolicy": always(None), "proxyId": moved("id")},
        replace=frozenset({"description", "httpKeepAliveTimeoutSec", "proxyBind"}),
        equal=linked("urlMap", "sslPolicy"),
    ),
    Kind(
        token="gcp:compute/globalForwardingRule:GlobalForwardingRule",
        api="compute",
        path=f"{GLOBAL}/forwardingRules/{{name}}",
        behaviour=Compute,
        attribution=False,
        mask=False,
        fields={
            **NAMED,
            "ipAddress": moved("IPAddress"),
            "ipProtocol": moved("IPProtocol"),
            "forwardingRuleId": moved("id"),
            "noAutomateDnsZone": Field(zero=None),
            "serviceDirectoryRegistrations": Field(zero=None),
        },
        replace=frozenset(
            {
                "description",
                "ipAddress",
                "ipProtocol",
                "ipVersion",
                "loadBalancingScheme",
                "network",
                "portRange",
                "subnetwork",
            }
        ),
        computed=frozenset({"ipAddress", "ipProtocol", "networkTier", "network", "subnetwork"}),
        equal=linked("network", "subnetwork", "target"),
    ),
)
