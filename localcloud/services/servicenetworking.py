"""Service Networking: the peering by which managed services reach a network."""

from __future__ import annotations

from localcloud import merge, operations, projects
from localcloud.api import ApiError, Call, Json, not_found
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.registry import behaviour

API = "servicenetworking"
_C = "servicenetworking.services.connections"


def _network(cloud: Cloud, given: str) -> str:
    """The network by project id, which must be there."""
    network = projects.normalise(cloud.store, given)
    if cloud.store.get("compute", network) is None:
        raise ApiError(
            400,
            f"The network {given!r} does not exist; allowed: projects/NUMBER/global/networks/NAME.",
        )
    return network


def _peering(service: str) -> str:
    return service.replace(".", "-").removesuffix("-com") + "-com"


def _check_ranges(cloud: Cloud, network: str, ranges: list[str]) -> None:
    project = network.split("/")[1]
    for name in ranges:
        address = cloud.store.get("compute", f"projects/{project}/global/addresses/{name}")
        if address is None or address.get("purpose") != "VPC_PEERING":
            raise ApiError(
                400,
                f"Allocated IP range '{name}' was not found in network, or is not for VPC_PEERING.",
                "FAILED_PRECONDITION",
            )


@behaviour(f"{_C}.create", permission="")
def create(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    service = call.name.split("/")[1]
    network = _network(cloud, str(sent.get("network", "")))
    cloud.iam.require(
        call.caller, "servicenetworking.services.addPeering", API, "/".join(network.split("/")[:2])
    )
    _check_ranges(cloud, network, sent.get("reservedPeeringRanges") or [])
    number = projects.number(cloud, network.split("/")[1])
    name = f"services/{service}/connections/{number}-{network.rpartition('/')[2]}"
    if cloud.store.get(API, name) is not None:
        raise ApiError(409, f"A connection from {network} to {service} already exists.", "ALREADY_EXISTS")
    body = {**sent, "name": name, "peering": _peering(service), "service": f"services/{service}"}
    cloud.store.put(API, name, body)
    return operations.done(call, body)


def _found(cloud: Cloud, call: Call, network: str) -> list[Json]:
    wanted = projects.normalise(cloud.store, network)
    service = "/".join(call.name.split("/")[:2])
    return [
        c
        for c in cloud.store.list(API, service, "connections")
        if not wanted or projects.normalise(cloud.store, c["network"]) == wanted
    ]


def forget(cloud: Cloud, network: str) -> None:
    """A network was deleted: its connections vanish as peerings do."""
    for name in cloud.store.names(API):
        body = cloud.store.get(API, name) or {}
        if projects.normalise(cloud.store, str(body.get("network", ""))) == network:
            cloud.store.delete(API, name)


@behaviour(f"{_C}.list", permission="")
def list_(cloud: Cloud, call: Call) -> Json:
    return page(call, "connections", _found(cloud, call, call.query.get("network", "")))


@behaviour(f"{_C}.patch", f"{_C}.deleteConnection", permission="")
def change(cloud: Cloud, call: Call) -> Json:
    """`connections/-` or the peering's name stands for the network's one connection."""
    sent = call.body or {}
    found = _found(cloud, call, str(sent.get("network") or sent.get("consumerNetwork") or ""))
    if not found:
        raise not_found(call.name)
    body = found[0]
    project = projects.normalise(cloud.store, body["network"]).split("/")[1]
    cloud.iam.require(call.caller, "servicenetworking.services.addPeering", API, f"projects/{project}")
    if call.action == "patch":
        _check_ranges(
            cloud, projects.normalise(cloud.store, body["network"]), sent.get("reservedPeeringRanges") or []
        )
        mask = call.query.get("updateMask") or "reservedPeeringRanges"
        body = merge.masked(body, sent, mask)
        cloud.store.put(API, body["name"], body)
        return operations.done(call, body)
    if _in_use(cloud, body["network"]):
        raise ApiError(
            400,
            "Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are "
            "still using this connection.",
            "FAILED_PRECONDITION",
        )
    cloud.store.delete(API, body["name"])
    return operations.done(call)


def _in_use(cloud: Cloud, network: str) -> bool:
    wanted = projects.normalise(cloud.store, network)
    for name in cloud.store.names("sqladmin", "projects/"):
        if name.count("/") == 3:
            settings = (cloud.store.get("sqladmin", name) or {}).get("settings") or {}
            used = (settings.get("ipConfiguration") or {}).get("privateNetwork") or ""
            if (
                projects.normalise(cloud.store, used[used.find("projects/") :] if "projects/" in used else "")
                == wanted
            ):
                return True
    return False
