"""Server policies: https://cloud.google.com/dns/docs/server-policies-overview"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Field, Json, Kind
from localcloud.plugin.types.dns.zones import network_address, network_shown

_SWITCHES = ("enableInboundForwarding", "enableLogging")


class Policy(Behaviour):
    """What may change is written together; networks are let go before deletion."""

    def body(self, values: Json) -> Json | None:
        body: Json = super().body(values) or {}
        for network in body.get("networks", []):
            network["networkUrl"] = network_address(self, network["networkUrl"])
        return {**body, **{k: values[k] for k in _SWITCHES if values.get(k) is not None}}

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        body = {k: v for k, v in (self.body(values) or {}).items() if k not in ("name", "dns64Config")}
        return {
            **dict.fromkeys(_SWITCHES, False),
            "networks": [],
            "alternativeNameServerConfig": None,
            **body,
        }

    def remove(self, values: Json) -> None:
        if values.get("networks"):
            path = self.fill(self.kind.path, values)
            self.client.call(self.kind.api, "PATCH", path, {"networks": []})
        super().remove(values)


KINDS = (
    Kind(
        token="gcp:dns/policy:Policy",
        api="dns",
        path="projects/{project}/policies/{name}",
        behaviour=Policy,
        mask=False,
        defaults={"description": "Managed by Pulumi"},
        fields={
            "name": Field(),
            "networks.networkUrl": Field(decode=network_shown),
            "dns64Config": Field(keep=True),
        },
        replace=frozenset({"dns64Config"}),
        computed=frozenset({"dns64Config"}),
    ),
)
