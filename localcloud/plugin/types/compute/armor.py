"""Cloud Armor: https://cloud.google.com/armor/docs/configure-security-policies"""

from __future__ import annotations

import re

from localcloud.plugin import wire
from localcloud.plugin.diff import as_set
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved
from localcloud.plugin.types.compute.base import GLOBAL, NAMED, Compute


class SecurityPolicy(Compute):
    """Rules are patched one by one."""

    def body(self, values: Json) -> Json | None:
        rules = sorted(values.get("rules") or [], key=lambda rule: -rule["priority"])
        body = super().body({**values, "rules": rules}) or {}
        return {"description": "", **body}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        path = self.fill(self.kind.path, values)
        if paths := list(self.wires(changed - {"rules", "labels"})):
            body = self.body(values) or {}
            sent = {**{p: wire.get(body, p) for p in paths}, "fingerprint": olds.get("fingerprint", "")}
            self.done(self.client.call(self.kind.api, "PATCH", path, sent), values)
        if "rules" in changed:
            self._modify_rules(path, values, olds)

    def _modify_rules(self, path: str, values: Json, olds: Json) -> None:
        old = {rule["priority"]: rule for rule in self._rules(olds)}
        new = {rule["priority"]: rule for rule in self._rules(values)}
        for priority in sorted(new.keys() - old.keys()):
            self._rule(path, "addRule", new[priority], {}, values)
        for priority in sorted(p for p in new.keys() & old.keys() if new[p] != old[p]):
            mask = _mask(old[priority], new[priority])
            query = {"priority": str(priority), **({"updateMask": ",".join(mask)} if mask else {})}
            self._rule(path, "patchRule", new[priority], query, values)
        for priority in sorted(old.keys() - new.keys()):
            self._rule(path, "removeRule", None, {"priority": str(priority)}, values)

    def _rules(self, values: Json) -> list[Json]:
        return list((self.body({"rules": values.get("rules") or []}) or {}).get("rules", []))

    def _rule(self, path: str, verb: str, rule: Json | None, query: dict[str, str], values: Json) -> None:
        self.done(self.client.call(self.kind.api, "POST", f"{path}/{verb}", rule, query), values)


def _mask(old: Json, new: Json) -> list[str]:
    """What changed and what is gone."""
    return [_snake(name) for name in (*new, *(old.keys() - new.keys())) if new.get(name) != old.get(name)]


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda m: f"_{m.group(1).lower()}", name)


_EXCLUSIONS = "rules.preconfiguredWafConfig.exclusions"
_EXCLUDED = {
    "requestBodies": "requestBodiesToExclude",
    "requestCookies": "requestCookiesToExclude",
    "requestHeaders": "requestHeadersToExclude",
    "requestQueryParams": "requestQueryParamsToExclude",
    "requestUris": "requestUrisToExclude",
}


def _exclusions() -> dict[str, Field]:
    fields = {f"{_EXCLUSIONS}.{name}": moved(rest) for name, rest in _EXCLUDED.items()}
    for name in _EXCLUDED:
        fields[f"{_EXCLUSIONS}.{name}.operator"] = moved("op")
        fields[f"{_EXCLUSIONS}.{name}.value"] = moved("val")
    return fields


KINDS = (
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
            "rules.priority": always(0),
            "rules.description": always(""),
            "rules.preview": always(False),
            "rules.match.versionedExpr": always(""),
            "rules.rateLimitOptions.enforceOnKeyConfigs": always([]),
            "rules.rateLimitOptions.enforceOnKeyName": always(""),
            "adaptiveProtectionConfig.layer7DdosDefenseConfig.enable": always(False),
            **_exclusions(),
        },
        replace=frozenset({"name", "type"}),
        computed=frozenset({"type", "advancedOptionsConfig"}),
        equal={"rules": as_set},
    ),
)
