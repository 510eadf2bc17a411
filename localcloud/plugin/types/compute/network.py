"""Networks and what lies in them: https://cloud.google.com/vpc/docs"""

from __future__ import annotations

from collections.abc import Callable

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import as_set
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved, zero
from localcloud.plugin.types.compute.base import (
    GLOBAL,
    NAMED,
    NETWORK,
    REGION,
    Compute,
    Regional,
    Settable,
    linked,
)


class Network(Compute):
    def after_create(self, values: Json) -> None:
        """Google makes a default route; a network that wants none has it deleted."""
        if not values.get("deleteDefaultRoutesOnCreate"):
            return
        path = self.fill(self.kind.path, values)
        link = self.client.call(self.kind.api, "GET", path)["selfLink"]
        query = {"filter": f'(network="{link}") AND (destRange="0.0.0.0/0")'}
        routes = self.client.call(self.kind.api, "GET", self.fill(f"{GLOBAL}/routes", values), query=query)
        for route in routes.get("items", []):
            answer = self.client.call(
                self.kind.api, "DELETE", self.fill(f"{GLOBAL}/routes/{route['name']}", values)
            )
            self.done(answer, values)


class Subnetwork(Regional):
    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        path = self.fill(self.kind.path, values)
        if "ipCidrRange" in changed:
            body = {"ipCidrRange": values["ipCidrRange"]}
            self.done(self.client.call(self.kind.api, "POST", f"{path}/expandIpCidrRange", body), values)
        if "privateIpGoogleAccess" in changed:
            body = {"privateIpGoogleAccess": bool(values.get("privateIpGoogleAccess"))}
            self.done(
                self.client.call(self.kind.api, "POST", f"{path}/setPrivateIpGoogleAccess", body), values
            )
        for name in ("logConfig", "secondaryIpRanges", "purpose", "role", "stackType", "ipv6AccessType"):
            if name in changed:
                self._patch(path, name, values)

    def _patch(self, path: str, name: str, values: Json) -> None:
        fingerprint = self.client.call(self.kind.api, "GET", path).get("fingerprint", "")
        body = Behaviour.body(self, {name: values.get(name)}) or {"logConfig": {"enable": False}}
        self.done(
            self.client.call(self.kind.api, "PATCH", path, {**body, "fingerprint": fingerprint}), values
        )

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        if not (answer.get("logConfig") or {}).get("enable"):
            outputs["logConfig"] = None
        return outputs


class RouterNat(Compute):
    """A NAT is a part of its router."""

    def insert(self, values: Json) -> Json:
        self._write(values, lambda nats: [*_others(nats, values), self.nat(values)])
        return {}

    def nat(self, values: Json) -> Json:
        return {**(self.body(values) or {}), "name": values["name"]}

    def fetch(self, values: Json) -> Json | None:
        router = super().fetch(values)
        nats = (router or {}).get("nats", [])
        return next((nat for nat in nats if nat["name"] == values["name"]), None)

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if self.mask(changed):
            self._write(values, lambda nats: [*_others(nats, values), self.nat(values)])

    def remove(self, values: Json) -> None:
        self._write(values, lambda nats: _others(nats, values))

    def _write(self, values: Json, edit: Callable[[list[Json]], list[Json]]) -> None:
        """Two NATs of one router may be written at once."""
        path = self.fill(self.kind.path, values)
        with self.client.locks[path]:
            nats = self.client.call(self.kind.api, "GET", path).get("nats", [])
            self.done(self.client.call(self.kind.api, "PATCH", path, {"nats": edit(nats)}), values)


def _others(nats: list[Json], values: Json) -> list[Json]:
    return [nat for nat in nats if nat["name"] != values["name"]]


class Route(Compute):
    references = (("network", GLOBAL + "/networks"), ("nextHopGateway", GLOBAL + "/gateways"))


class Firewall(Compute):
    references = (("network", GLOBAL + "/networks"),)


class GlobalAddress(Compute):
    references = (("network", GLOBAL + "/networks"),)

    def body(self, values: Json) -> Json | None:
        """Global addresses for the world outside are of the premium tier."""
        tier = {"networkTier": "PREMIUM"} if values.get("addressType") == "EXTERNAL" else {}
        return {**(super().body(values) or {}), **tier}


class Address(Settable, Regional):
    """Only its labels can change."""

    references = (("network", GLOBAL + "/networks"), ("subnetwork", REGION + "/subnetworks"))


_NAT_LISTS = ("drainNatIps", "initialNatIps", "natIps", "nat64Subnetworks", "rules", "subnetworks")

KINDS = (
    Kind(
        token="gcp:compute/network:Network",
        api="compute",
        path=f"{GLOBAL}/networks/{{name}}",
        behaviour=Network,
        mask=False,
        defaults={
            "autoCreateSubnetworks": True,
            "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
        },
        fields={
            **NAMED,
            "deleteDefaultRoutesOnCreate": local(False),
            "autoCreateSubnetworks": always(False),
            "routingMode": moved("routingConfig.routingMode"),
            "gatewayIpv4": moved("gatewayIPv4"),
            "bgpBestPathSelectionMode": moved("routingConfig.bgpBestPathSelectionMode"),
            "bgpAlwaysCompareMed": moved("routingConfig.bgpAlwaysCompareMed"),
            "bgpInterRegionCost": moved("routingConfig.bgpInterRegionCost"),
            "deleteBgpAlwaysCompareMed": moved("routingConfig.deleteBgpAlwaysCompareMed", always=False),
            "networkId": moved("id"),
            "numericId": moved("id"),
            "params": Field(update=False),
            "networkFirewallPolicyEnforcementOrder": Field(),
        },
        computed=frozenset({"mtu", "bgpBestPathSelectionMode"}),
        replace=frozenset(
            {
                "autoCreateSubnetworks",
                "description",
                "enableUlaInternalIpv6",
                "internalIpv6Range",
                "mtu",
                "networkProfile",
            }
        ),
    ),
    Kind(
        token="gcp:compute/subnetwork:Subnetwork",
        api="compute",
        path=f"{REGION}/subnetworks/{{name}}",
        behaviour=Subnetwork,
        mask=False,
        defaults={
            "logConfig.aggregationInterval": "INTERVAL_5_SEC",
            "logConfig.flowSampling": 0.5,
            "logConfig.metadata": "INCLUDE_ALL_METADATA",
            "logConfig.filterExpr": "true",
        },
        fields={
            **NAMED,
            "network": Field(),
            "logConfig": Field(
                encode=lambda v: (
                    {"enable": True, **v, "metadataFields": v.get("metadataFields") or []} if v else None
                )
            ),
            "fingerprint": local(),
            "sendSecondaryIpRangeIfEmpty": local(),
            "subnetworkId": moved("id"),
            "ipv6GceEndpoint": Field(),
            "params": Field(update=False),
            "secondaryIpRanges": moved("secondaryIpRanges"),
        },
        computed=frozenset({"privateIpv6GoogleAccess", "purpose", "stackType", "secondaryIpRanges"}),
        equal=linked("network"),
        replace=frozenset({"network", "description", "reservedInternalRange", "externalIpv6Prefix"}),
    ),
    Kind(
        token="gcp:compute/globalAddress:GlobalAddress",
        api="compute",
        path=f"{GLOBAL}/addresses/{{name}}",
        behaviour=GlobalAddress,
        set_labels=True,
        mask=False,
        defaults={"addressType": "EXTERNAL"},
        fields={**NAMED, **NETWORK, "addressType": Field(encode=lambda v: None if v == "EXTERNAL" else v)},
        computed=frozenset({"address", "prefixLength"}),
        equal=linked("network"),
        replace=frozenset(
            {"address", "addressType", "description", "ipVersion", "network", "prefixLength", "purpose"}
        ),
    ),
    Kind(
        token="gcp:compute/address:Address",
        api="compute",
        path=f"{REGION}/addresses/{{name}}",
        behaviour=Address,
        set_labels=True,
        mask=False,
        defaults={"addressType": "EXTERNAL"},
        fields={**NAMED, **NETWORK, "addressId": moved("id")},
        computed=frozenset({"address", "networkTier", "prefixLength", "purpose", "subnetwork"}),
        equal=linked("network", "subnetwork", "ipCollection"),
        replace=frozenset(
            {
                "address",
                "addressType",
                "description",
                "ipCollection",
                "ipVersion",
                "ipv6EndpointType",
                "network",
                "networkTier",
                "prefixLength",
                "purpose",
                "subnetwork",
            }
        ),
    ),
    Kind(
        token="gcp:compute/router:Router",
        api="compute",
        path=f"{REGION}/routers/{{name}}",
        behaviour=Regional,
        mask=False,
        fields={
            **NAMED,
            **NETWORK,
            "bgp": always(None),
            "md5AuthenticationKeys": Field(encode=lambda key: [key] if key else None, written=True),
            "params": Field(update=False),
        },
        replace=frozenset({"network", "encryptedInterconnectRouter"}),
        equal=linked("network"),
    ),
    Kind(
        token="gcp:compute/routerNat:RouterNat",
        api="compute",
        path=f"{REGION}/routers/{{router}}",
        id="{project}/{region}/{router}/{name}",
        behaviour=RouterNat,
        mask=False,
        defaults={
            "icmpIdleTimeoutSec": 30,
            "tcpEstablishedIdleTimeoutSec": 1200,
            "tcpTimeWaitTimeoutSec": 120,
            "tcpTransitoryIdleTimeoutSec": 30,
            "udpIdleTimeoutSec": 30,
            "type": "PUBLIC",
        },
        fields={
            **{name: Field(always=[], zero=[]) for name in _NAT_LISTS},
            "initialNatIps": Field(always=[], zero=None),
            "autoNetworkTier": zero(None),
            "endpointTypes": zero([]),
            "name": Field(),
            "logConfig.enable": always(False),
        },
        replace=frozenset({"name", "type", "endpointTypes", "initialNatIps"}),
    ),
    Kind(
        token="gcp:compute/firewall:Firewall",
        api="compute",
        path=f"{GLOBAL}/firewalls/{{name}}",
        behaviour=Firewall,
        mask=False,
        defaults={"priority": 1000},
        fields={
            **NAMED,
            **NETWORK,
            "denies": moved("denied"),
            "allows": moved("allowed"),
            "enableLogging": local(),
            "denies.protocol": moved("IPProtocol"),
            "allows.protocol": moved("IPProtocol"),
            "denies.ports": zero([]),
            "allows.ports": zero([]),
            "params": Field(update=False),
            "priority": always(0),
            "logConfig": Field(encode=lambda v: {"enable": True, **v} if v else None),
        },
        computed=frozenset({"direction", "sourceRanges", "destinationRanges"}),
        equal={
            **linked("network"),
            **dict.fromkeys(("allows", "denies", "sourceRanges", "destinationRanges"), as_set),
        },
        replace=frozenset({"network", "direction", "name"}),
    ),
    Kind(
        token="gcp:compute/route:Route",
        api="compute",
        path=f"{GLOBAL}/routes/{{name}}",
        behaviour=Route,
        defaults={"priority": 1000},
        fields={**NAMED, **NETWORK, "nextHopInstanceZone": local()},
        replace=frozenset(
            {
                "description",
                "destRange",
                "network",
                "nextHopGateway",
                "nextHopIlb",
                "nextHopInstance",
                "nextHopIp",
                "nextHopVpnTunnel",
                "priority",
                "tags",
            }
        ),
        computed=frozenset({"nextHopIp", "nextHopInstanceZone"}),
        equal=linked("network", "nextHopGateway"),
    ),
)
