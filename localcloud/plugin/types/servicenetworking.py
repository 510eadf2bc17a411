"""Private service access: https://cloud.google.com/service-infrastructure/docs/service-networking/reference/rest"""

from __future__ import annotations

from urllib.parse import quote, unquote

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Json, Kind, local


class Connection(Behaviour):
    """Connections are known by the project's number, which is asked for first."""

    def insert(self, values: Json) -> Json:
        body = {"network": self.network(values), "reservedPeeringRanges": values["reservedPeeringRanges"]}
        path = self.fill("services/{service}/connections", values)
        return self.done(self.client.call(self.kind.api, "POST", path, body), values)

    def fetch(self, values: Json) -> Json | None:
        path = self.fill("services/{service}/connections", values)
        found = self.client.call(self.kind.api, "GET", path, query={"network": self.network(values)})
        peering = values.get("peering")
        connections = [c for c in found.get("connections", []) if not peering or c.get("peering") == peering]
        return connections[0] if connections else None

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if "reservedPeeringRanges" in changed:
            body = {"network": self.network(values), "reservedPeeringRanges": values["reservedPeeringRanges"]}
            path = self.fill("services/{service}/connections/-", values)
            query = {"updateMask": "reservedPeeringRanges", "force": "true"}
            self.done(self.client.call(self.kind.api, "PATCH", path, body, query), values)

    def remove(self, values: Json) -> None:
        path = self.fill("services/{service}/connections/{peering}", values)
        body = {"consumerNetwork": self.network(values)}
        self.done(self.client.call(self.kind.api, "POST", path, body), values)

    def network(self, values: Json) -> str:
        parts = values["network"].split("/")
        project = parts[parts.index("projects") + 1] if "projects" in parts else self.client.config.project
        number = self.client.call("resourceManager", "GET", f"projects/{project}")["projectNumber"]
        return f"projects/{number}/global/networks/{parts[-1]}"

    def id(self, values: Json) -> str:
        return f"{quote(values['network'], safe='')}:{values['service']}"

    def parse(self, id: str) -> Json:
        network, _, service = id.partition(":")
        return {"network": unquote(network), "service": service}


KINDS = (
    Kind(
        token="gcp:servicenetworking/connection:Connection",
        api="serviceNetworking",
        path="services/{service}/connections/{network}",
        behaviour=Connection,
        fields={"updateOnCreationFail": local(), "deletionPolicy": local()},
    ),
)
