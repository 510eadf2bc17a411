"""Names: inside a network, Google's APIs are those of the restricted VIP, which service perimeters cover.

https://cloud.google.com/vpc-service-controls/docs/private-connectivity
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, Problem, rule
from policies.rules.boundary import NETWORK
from policies.rules.controls import BOUNDARY
from policies.rules.once import once_per_stack
from policies.rules.read import entries, text, values
from policies.rules.sites import elsewhere
from policies.stack import Stack

ZONE = "gcp:dns/managedZone:ManagedZone"
RECORD = "gcp:dns/recordSet:RecordSet"
DOMAIN = "googleapis.com"
RESTRICTED = tuple(ip_network(each) for each in ("199.36.153.4/30", "2600:2d00:2:1000::/64"))
_EVERY_NAME = f"*.{DOMAIN}"


class _Zones(NamedTuple):
    """Private zones of Google's domain by the URN of a network, records by the URN of their zone."""

    zones: dict[str, list[Resource]]
    records: dict[str, list[Resource]]
    unplaced: bool


@once_per_stack
def _zones(stack: Stack) -> _Zones:
    zones: dict[str, list[Resource]] = {}
    records: dict[str, list[Resource]] = {}
    unplaced = False
    for zone in stack.of(ZONE):
        if _name(zone.at("dnsName")) != DOMAIN or zone.at("visibility") != "private":
            continue
        try:
            for network in _networks(zone, stack):
                zones.setdefault(network.urn, []).append(zone)
        except UnknownValue:
            unplaced = True
    by_name = {(text(zone, "project"), text(zone, "name")): zone for zone in stack.of(ZONE)} if zones else {}
    for record in stack.of(RECORD) if zones else ():
        owner = _owner(record, by_name, stack)
        if owner is not None:
            records.setdefault(owner.urn, []).append(record)
    return _Zones(zones, records, unplaced)


def _owner(record: Resource, by_name: dict[tuple[str, str], Resource], stack: Stack) -> Resource | None:
    """A record names its zone briefly, and every project may have one of that name."""
    try:
        key = text(record, "project"), text(record, "managedZone").rsplit("/", 1)[-1]
    except UnknownValue:
        return stack.referred(record, "managedZone", ZONE)
    return by_name.get(key) or stack.referred(record, "managedZone", ZONE)


def _networks(zone: Resource, stack: Stack) -> Iterator[Resource]:
    for _, each in entries(zone, "privateVisibilityConfig.networks"):
        network = stack.named(each.get("networkUrl"), NETWORK)
        if network is not None:
            yield network


def _name(value: Any) -> str:
    return value.rstrip(".").lower() if isinstance(value, str) else ""


def _is_restricted(value: Any) -> bool:
    try:
        address = ip_address(str(value))
    except ValueError:
        return False
    return any(address in network for network in RESTRICTED)


_NET = "projects/p/global/networks/cell"
_ZONE = {
    "name": "googleapis",
    "dnsName": "googleapis.com.",
    "visibility": "private",
    "privateVisibilityConfig": {"networks": [{"networkUrl": _NET}]},
}


def _case(address: str) -> Case:
    record = {"managedZone": "googleapis", "name": "*.googleapis.com.", "type": "A", "rrdatas": [address]}
    given = (Given(NETWORK, {"id": _NET}), Given(ZONE, _ZONE, "zone"), Given(RECORD, record, "record"))
    return Case(given, {"jurisdiction": "eu", "profile": "saas", "kind": "cell"})


@rule(
    id="restricted-vip-dns",
    number=55,
    title="Inside a network every name of Google's APIs leads to the restricted VIP",
    remedy="Add a private ManagedZone for googleapis.com to the network, with RecordSets that lead "
    "*.googleapis.com to 199.36.153.4/30.",
    severity="high",
    types=(NETWORK,),
    controls=BOUNDARY,
    fails=_case("199.36.153.8"),
    passes=_case("199.36.153.4"),
    whole=True,
)
def restricted_vip_dns(resource: Resource, stack: Stack) -> Iterator[Problem]:
    found = _zones(stack)
    zones = found.zones.get(resource.urn, [])
    if not zones:
        if found.unplaced:
            raise UnknownValue("", "the networks of a private zone are not known yet")
        elsewhere(stack, f"a private zone for {DOMAIN}")
        yield Problem(f"a private zone for {DOMAIN}", None)
    for zone in zones:
        if zone.at("peeringConfig") or zone.at("forwardingConfig"):
            raise UnknownValue("peeringConfig", f"{zone.name} is answered by another network or server")
        yield from _leads(found.records.get(zone.urn, []), zone)


def _leads(records: list[Resource], zone: Resource) -> Iterator[Problem]:
    """What leads elsewhere, and whether every name leads anywhere."""
    addressed = set()
    for record in records:
        if record.at("type") in ("A", "AAAA"):
            addressed.add(_name(record.at("name")))
            yield from _outside(record)
    every = _EVERY_NAME in addressed
    for record in records:
        if record.at("type") == "CNAME":
            targets = values(record, "rrdatas")
            for path, target in targets:
                if _name(target) not in addressed:
                    yield Problem(f"{record.name}.{path}", target)
            every = every or (bool(targets) and _name(record.at("name")) == _EVERY_NAME)
    if not every:
        yield Problem(f"{zone.name}: a record for {_EVERY_NAME}", None)


def _outside(record: Resource) -> Iterator[Problem]:
    addresses = values(record, "rrdatas")
    if not addresses:
        yield Problem(f"{record.name}.rrdatas", None)
    for path, address in addresses:
        if not _is_restricted(address):
            yield Problem(f"{record.name}.{path}", address)
