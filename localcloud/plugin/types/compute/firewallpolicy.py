"""Network firewall policies: https://cloud.google.com/firewall/docs/network-firewall-policies"""

from __future__ import annotations

from localcloud.plugin.client import GoogleError
from localcloud.plugin.kinds import Field, Json, Kind, always, moved
from localcloud.plugin.types.compute.base import GLOBAL, NAMED, Compute, linked

_POLICY = f"{GLOBAL}/firewallPolicies/{{firewallPolicy|base}}"


class NetworkFirewallPolicy(Compute):
    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        body = super().update_body(values, changed, olds)
        return {**body, "fingerprint": olds.get("fingerprint", "")}


class PolicyPart(Compute):
    """A rule or an association: it has no address, only methods of its policy."""

    word = ""
    """As in `addRule`."""

    key = ("", "")
    """The query's name and the property that tells one part from another."""

    def insert(self, values: Json) -> Json:
        return self._call("POST", f"add{self.word}", self.body(values), values)

    def fetch(self, values: Json) -> Json | None:
        try:
            return self._call("GET", f"get{self.word}", None, values, keyed=True)
        except GoogleError as error:
            # A part that is not there is a bad request, a policy that is not there is not found.
            if error.status == 404 or (error.status == 400 and "does not" in error.message):
                return None
            raise

    def remove(self, values: Json) -> None:
        self._call("POST", f"remove{self.word}", None, values, keyed=True)

    def _call(self, verb: str, method: str, body: Json | None, values: Json, keyed: bool = False) -> Json:
        query = {self.key[0]: str(values[self.key[1]])} if keyed else {}
        path = self.fill(f"{_POLICY}/{method}", values)
        return self.done(self.client.call(self.kind.api, verb, path, body, query), values)


class Rule(PolicyPart):
    word, key = "Rule", ("priority", "priority")

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if self.mask(changed):
            self._call("POST", "patchRule", self.update_body(values, changed, olds), values, keyed=True)

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        return {**super().update_body(values, changed, olds), "priority": values["priority"]}


class Association(PolicyPart):
    word, key = "Association", ("name", "name")

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        """Nothing of it can change."""


_MATCHED = tuple(
    f"{end}{what}"
    for end in ("src", "dest")
    for what in ("AddressGroups", "Fqdns", "IpRanges", "RegionCodes", "ThreatIntelligences")
)

KINDS = (
    Kind(
        token="gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy",
        api="compute",
        path=f"{GLOBAL}/firewallPolicies/{{name}}",
        behaviour=NetworkFirewallPolicy,
        mask=False,
        fields={**NAMED, "networkFirewallPolicyId": moved("id")},
        replace=frozenset({"policyType"}),
        computed=frozenset({"policyType"}),
    ),
    Kind(
        token="gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
        api="compute",
        path=f"{_POLICY}/rules/{{priority}}",
        behaviour=Rule,
        mask=False,
        autoname=False,
        fields={
            "priority": Field(always=0),
            "enableLogging": always(False),
            **{f"match.{name}": always([]) for name in (*_MATCHED, "srcSecureTags")},
        },
        computed=frozenset({"targetType"}),
    ),
    Kind(
        token="gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation",
        api="compute",
        path=f"{_POLICY}/associations/{{name}}",
        behaviour=Association,
        mask=False,
        fields=NAMED,
        replace=frozenset({"attachmentTarget"}),
        equal=linked("attachmentTarget"),
    ),
)
