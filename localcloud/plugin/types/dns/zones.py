"""Zones and their record sets: https://cloud.google.com/dns/docs/zones"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import as_set
from localcloud.plugin.kinds import Field, Json, Kind, moved
from localcloud.plugin.types.dns import routing

_V1 = "/dns/v1/projects/{project}/managedZones/{managedZone|base}"


class ManagedZone(Behaviour):
    """Zones want networks by their full address, programs give them by path."""

    def body(self, values: Json) -> Json | None:
        body = super().body(values) or {}
        if values.get("reverseLookup"):
            body["reverseLookupConfig"] = {}
        for section in ("privateVisibilityConfig", "peeringConfig"):
            config = body.get(section) or {}
            for network in [*config.get("networks", []), config.get("targetNetwork") or {}]:
                if network:
                    network["networkUrl"] = network_address(self, network.get("networkUrl", ""))
        return body

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        return {**self.body(values), "name": values["name"]}  # type: ignore[dict-item]

    def done(self, answer: Json, values: Json) -> Json:
        """An operation of Cloud DNS is not waited for."""
        return answer

    def remove(self, values: Json) -> None:
        if values.get("forceDestroy"):
            self._delete_records(values)
        super().remove(values)

    def _delete_records(self, values: Json) -> None:
        base = self.fill("/dns/v1/projects/{project}/managedZones/{name}", values)
        found = self.client.call(self.kind.api, "GET", f"{base}/rrsets").get("rrsets", [])
        own = [r for r in found if r["type"] not in ("NS", "SOA")]
        if own:
            self.client.call(self.kind.api, "POST", f"{base}/changes", {"deletions": own})


class RecordSet(Behaviour):
    """Records change only through a change, which is polled."""

    def insert(self, values: Json) -> Json:
        existing = self.client.call(self.kind.api, "GET", self.fill(f"{_V1}/rrsets", values))
        same = (values["name"], values["type"])
        old = [
            r
            for r in existing.get("rrsets", [])
            if (r["name"], r["type"]) == same and r["type"] in ("NS", "SOA")
        ]
        return self._change(values, additions=[self._record(values)], deletions=old)

    def fetch(self, values: Json) -> Json | None:
        query = {"name": values["name"], "type": values["type"]}
        found = self.client.call(self.kind.api, "GET", self.fill(f"{_V1}/rrsets", values), query=query)
        records = found.get("rrsets", [])
        return records[0] if records else None

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if self.mask(changed):
            self._change(values, additions=[self._record(values)], deletions=[self._record(olds)])

    def remove(self, values: Json) -> None:
        if values["type"] not in ("NS", "SOA"):  # a zone cannot be without these
            self._change(values, deletions=[self._record(values)])

    def _record(self, values: Json) -> Json:
        record = self.body(values) or {}
        policy = routing.encode(values.get("routingPolicy"), lambda network: network_address(self, network))
        record |= {"routingPolicy": policy} if policy else {}
        return {"name": values["name"], "type": values["type"], **record}

    def _change(self, values: Json, **records: list[Json]) -> Json:
        path = self.fill(f"{_V1}/changes", values)
        change = self.client.call(self.kind.api, "POST", path, {k: v for k, v in records.items() if v})
        while True:
            change = self.client.call(self.kind.api, "GET", f"{path}/{change['id']}")
            if change.get("status") == "done":
                return change
            self.client.sleep(0.5)


def network_address(behaviour: Behaviour, path: str) -> str:
    """Cloud DNS knows networks by their full address alone."""
    if not path.startswith("projects/"):
        return path
    parts = urlsplit(behaviour.client.config.endpoint("compute"))
    return f"{parts.scheme}://{parts.netloc}/compute/v1/{path}"


def network_shown(value: Any) -> Any:
    return str(value).split("/compute/v1/", 1)[-1] if value else ""


KINDS = (
    Kind(
        token="gcp:dns/managedZone:ManagedZone",
        api="dns",
        path="projects/{project}/managedZones/{name}",
        mask=False,
        behaviour=ManagedZone,
        defaults={
            "description": "Managed by Pulumi",
            "visibility": "public",
            "dnssecConfig.kind": "dns#managedZoneDnsSecConfig",
            "dnssecConfig.defaultKeySpecs.kind": "dns#dnsKeySpec",
        },
        fields={
            "name": Field(),
            "managedZoneId": moved("id"),
            "reverseLookup": moved(
                "reverseLookupConfig", encode=lambda v: None, decode=lambda found: found is not None
            ),
            "privateVisibilityConfig.networks.networkUrl": Field(decode=network_shown),
            "peeringConfig.targetNetwork.networkUrl": Field(decode=network_shown),
            "serviceDirectoryConfig": moved("serviceDirectoryConfig"),
        },
        replace=frozenset({"dnsName", "visibility", "reverseLookup"}),
        computed=frozenset(
            {"dnssecConfig.defaultKeySpecs", "dnssecConfig.nonExistence", "cloudLoggingConfig"}
        ),
    ),
    Kind(
        token="gcp:dns/recordSet:RecordSet",
        api="dns",
        path="projects/{project}/managedZones/{managedZone|base}/rrsets/{name}/{type}",
        behaviour=RecordSet,
        fields={"routingPolicy": Field(encode=lambda value: None, decode=routing.decode)},
        equal={"rrdatas": as_set},
    ),
)
