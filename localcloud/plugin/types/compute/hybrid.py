"""What connects a router with the world: https://cloud.google.com/network-connectivity/docs/router"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.plugin.client import GoogleError
from localcloud.plugin.crud import Refused
from localcloud.plugin.kinds import Field, Json, Kind, always, moved
from localcloud.plugin.types.compute.base import LINK, NAMED, REGION, Compute, Regional, linked


class RouterPart(Compute):
    """An element of one of a router's lists, which are written whole."""

    part = ""

    def insert(self, values: Json) -> Json:
        self._write(values, lambda found: [*self._without(found, values), self.element(values, {})])
        return {}

    def _without(self, found: list[Json], values: Json) -> list[Json]:
        if any(each["name"] == values["name"] for each in found):
            raise Refused(f"{values['name']!r} is among the router's {self.part} already")
        return found

    def element(self, values: Json, old: Json) -> Json:
        return {**(self.body(values) or {}), "name": values["name"]}

    def fetch(self, values: Json) -> Json | None:
        router = super().fetch(values)
        found = (router or {}).get(self.part, [])
        return next((each for each in found if each["name"] == values["name"]), None)

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if self.mask(changed):
            self._write(values, lambda found: [self._or_new(each, values) for each in found])

    def _or_new(self, each: Json, values: Json) -> Json:
        return self.element(values, each) if each["name"] == values["name"] else each

    def remove(self, values: Json) -> None:
        self._write(values, lambda found: _others(found, values))

    def _write(self, values: Json, edit: Callable[[list[Json]], list[Json]]) -> None:
        """Two parts of one router may be written at once."""
        path = self.fill(self.kind.path, values)
        with self.client.locks[path]:
            found = self.client.call(self.kind.api, "GET", path).get(self.part, [])
            self.done(self.client.call(self.kind.api, "PATCH", path, {self.part: edit(found)}), values)


def _others(found: list[Json], values: Json) -> list[Json]:
    return [each for each in found if each["name"] != values["name"]]


class RouterInterface(RouterPart):
    part = "interfaces"

    def element(self, values: Json, old: Json) -> Json:
        element = super().element(values, old)
        for name, collection in _LINKS.items():
            if element.get(name):
                element[name] = self._link(element[name], collection, values)
        return element

    def remove(self, values: Json) -> None:
        """Interfaces that named this one as their spare name none."""
        self._write(values, lambda found: [_without_spare(e, values) for e in _others(found, values)])

    def _link(self, value: str, collection: str, values: Json) -> str:
        """A name alone is looked up; whatever else is given goes as it is."""
        if "/" in value:
            return value
        found = self.client.call(self.kind.api, "GET", self.fill(f"{REGION}/{collection}/{value}", values))
        return str(found["selfLink"])


_LINKS = {"linkedVpnTunnel": "vpnTunnels", "linkedInterconnectAttachment": "interconnectAttachments"}


def _without_spare(each: Json, values: Json) -> Json:
    return {k: v for k, v in each.items() if k != "redundantInterface" or v != values["name"]}


class RouterPeer(RouterPart):
    part = "bgpPeers"

    def element(self, values: Json, old: Json) -> Json:
        """Addresses that Google chose stay."""
        kept = {name: old[name] for name in _CHOSEN if name in old}
        element = {**kept, **super().element(values, old)}
        for name in ("advertisedRoutePriority", "customLearnedRoutePriority"):
            if values.get(f"zero{name[0].upper()}{name[1:]}"):
                element[name] = 0
        return element

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {
            **outputs,
            "isAdvertisedRoutePrioritySet": "advertisedRoutePriority" in answer,
            "isCustomLearnedPrioritySet": "customLearnedRoutePriority" in answer,
            "zeroAdvertisedRoutePriority": bool(values.get("zeroAdvertisedRoutePriority")),
            "zeroCustomLearnedRoutePriority": bool(values.get("zeroCustomLearnedRoutePriority")),
        }

    def _write(self, values: Json, edit: Callable[[list[Json]], list[Json]]) -> None:
        """A peer's key lies beside the peers."""
        key, path = values.get("md5AuthenticationKey"), self.fill(self.kind.path, values)
        if key:
            with self.client.locks[path]:
                found = self.client.call(self.kind.api, "GET", path).get("md5AuthenticationKeys", [])
                keys = [*(each for each in found if each["name"] != key["name"]), key]
                body = {"md5AuthenticationKeys": keys}
                self.done(self.client.call(self.kind.api, "PATCH", path, body), values)
        super()._write(values, edit)


_CHOSEN = (
    "ipAddress",
    "peerIpAddress",
    "ipv4NexthopAddress",
    "ipv6NexthopAddress",
    "peerIpv4NexthopAddress",
    "peerIpv6NexthopAddress",
    "managementType",
)


def _switch(value: bool | None) -> str | None:
    return None if value is None else str(value).upper()


def _switched(value: Any) -> bool:
    return value is None or str(value).upper() == "TRUE"


class InterconnectAttachment(Regional):
    """A VLAN attachment; its region is read back by its address."""

    references = (("router", REGION + "/routers"),)

    def after_update(self, values: Json, changed: set[str], olds: Json) -> None:
        if "labels" in changed:
            self.set_labels(values)

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        body = super().update_body(values, changed - {"labels"}, olds)
        return {k: v for k, v in body.items() if k != "labels"}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        super().modify(values, changed - {"labels"}, olds)

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {**outputs, "region": LINK.sub(r"\1/v1/", str(answer.get("region", outputs["region"])))}


class RoutePolicy(Compute):
    """Methods of its router: one that makes and changes it, others that read and delete it."""

    def insert(self, values: Json) -> Json:
        return self._write(values, self.body(values) or {}, {})

    def fetch(self, values: Json) -> Json | None:
        try:
            answer = self._call("GET", "getRoutePolicy", values)
        except GoogleError as error:
            if error.status == 404:
                return None
            raise
        found: Json | None = answer.get("resource")
        return found

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if mask := self.mask(changed):
            body = {**(self.body(values) or {}), "fingerprint": olds.get("fingerprint", "")}
            self._write(values, body, {"updateMask": ",".join(mask)})

    def remove(self, values: Json) -> None:
        self.done(self._call("POST", "deleteRoutePolicy", values), values)

    def _call(self, verb: str, method: str, values: Json) -> Json:
        path = self.fill(f"{self.kind.path}/{method}", values)
        return self.client.call(self.kind.api, verb, path, query={"policy": values["name"]})

    def _write(self, values: Json, body: Json, query: dict[str, str]) -> Json:
        path = self.fill(f"{self.kind.path}/updateRoutePolicy", values)
        return self.done(self.client.call(self.kind.api, "POST", path, body, query), values)


def _by_tag(mappings: list[Json] | None) -> Json:
    return {m["vlanId"]: {k: v for k, v in m.items() if k != "vlanId" and v} for m in mappings or []}


def _with_tags(found: Json | None) -> list[Json]:
    return [{"vlanId": tag, **mapping} for tag, mapping in (found or {}).items()]


KINDS = (
    Kind(
        token="gcp:compute/routerInterface:RouterInterface",
        api="compute",
        path=f"{REGION}/routers/{{router}}",
        id="{region}/{router}/{name}",
        behaviour=RouterInterface,
        mask=False,
        fields={
            **NAMED,
            "interconnectAttachment": moved("linkedInterconnectAttachment"),
            "vpnTunnel": moved("linkedVpnTunnel"),
        },
        replace=frozenset(
            {
                "interconnectAttachment",
                "ipRange",
                "ipVersion",
                "name",
                "privateIpAddress",
                "redundantInterface",
                "subnetwork",
                "vpnTunnel",
            }
        ),
        computed=frozenset({"ipRange", "ipVersion", "redundantInterface"}),
        equal=linked("interconnectAttachment", "subnetwork", "vpnTunnel"),
    ),
    Kind(
        token="gcp:compute/routerRoutePolicy:RouterRoutePolicy",
        api="compute",
        path=f"{REGION}/routers/{{router}}",
        id="{project}/{region|base}/{router}/routePolicies/{name}",
        behaviour=RoutePolicy,
        mask=False,
        fields=NAMED,
        replace=frozenset({"name"}),
    ),
    Kind(
        token="gcp:compute/routerPeer:RouterPeer",
        api="compute",
        path=f"{REGION}/routers/{{router|base}}",
        id="projects/{project}/regions/{region|base}/routers/{router|base}/{name}",
        behaviour=RouterPeer,
        mask=False,
        defaults={
            "advertiseMode": "DEFAULT",
            "enable": True,
            "enableIpv6": False,
            "bfd.minReceiveInterval": 1000,
            "bfd.minTransmitInterval": 1000,
            "bfd.multiplier": 5,
        },
        fields={
            **NAMED,
            "interface": moved("interfaceName"),
            "enable": Field(encode=_switch, decode=_switched),
            "enableIpv6": always(False),
            "md5AuthenticationKey": moved(
                "md5AuthenticationKeyName", encode=lambda key: (key or {}).get("name"), written=True
            ),
            "isAdvertisedRoutePrioritySet": Field(wire=None),
            "isCustomLearnedPrioritySet": Field(wire=None),
            "zeroAdvertisedRoutePriority": Field(wire=None),
            "zeroCustomLearnedRoutePriority": Field(wire=None),
        },
        replace=frozenset({"interface", "name"}),
        computed=frozenset(
            {
                "bfd",
                "enableIpv4",
                "ipAddress",
                "ipv4NexthopAddress",
                "ipv6NexthopAddress",
                "peerIpAddress",
                "peerIpv4NexthopAddress",
                "peerIpv6NexthopAddress",
            }
        ),
        equal=linked("routerApplianceInstance"),
    ),
    Kind(
        token="gcp:compute/interconnectAttachment:InterconnectAttachment",
        api="compute",
        path=f"{REGION}/interconnectAttachments/{{name}}",
        behaviour=InterconnectAttachment,
        mask=False,
        defaults={"adminEnabled": True, "encryption": "NONE"},
        fields={
            **NAMED,
            "adminEnabled": always(False),
            "candidateSubnets": Field(written=True),
            "params": Field(update=False, written=True),
            "subnetLength": Field(written=True),
            "l2Forwarding.applianceMappings": Field(encode=_by_tag, decode=_with_tags),
        },
        replace=frozenset(
            {
                "candidateCloudRouterIpAddress",
                "candidateCloudRouterIpv6Address",
                "candidateCustomerRouterIpAddress",
                "candidateCustomerRouterIpv6Address",
                "candidateSubnets",
                "edgeAvailabilityDomain",
                "encryption",
                "interconnect",
                "ipsecInternalAddresses",
                "params",
                "router",
                "subnetLength",
                "type",
                "vlanTag8021q",
            }
        ),
        computed=frozenset(
            {"bandwidth", "edgeAvailabilityDomain", "mtu", "stackType", "type", "vlanTag8021q"}
        ),
        equal=linked("interconnect", "router", "ipsecInternalAddresses"),
    ),
)
