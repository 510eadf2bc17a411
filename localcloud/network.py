"""The `default` network that a new project gets with the Compute API (without its subnetworks)."""

from __future__ import annotations

import secrets

from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.links import fingerprint
from localcloud.timestamps import stamp

_RULES: dict[str, tuple[list[Json], list[str]]] = {
    "default-allow-icmp": ([{"IPProtocol": "icmp"}], ["0.0.0.0/0"]),
    "default-allow-internal": ([{"IPProtocol": "all"}], ["10.128.0.0/9"]),
    "default-allow-rdp": ([{"IPProtocol": "tcp", "ports": ["3389"]}], ["0.0.0.0/0"]),
    "default-allow-ssh": ([{"IPProtocol": "tcp", "ports": ["22"]}], ["0.0.0.0/0"]),
}


def make_default(cloud: Cloud, project: str) -> None:
    root = f"{cloud.settings.url('compute')}/compute/beta"
    network = f"projects/{project}/global/networks/default"
    if cloud.store.get("compute", network) is not None:
        return
    _put(
        cloud,
        root,
        network,
        {
            "kind": "compute#network",
            "autoCreateSubnetworks": True,
            "mtu": 1460,
            "routingConfig": {"routingMode": "REGIONAL"},
            "description": "Default network for the project",
            "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
        },
    )
    for rule, (allowed, ranges) in _RULES.items():
        _put(
            cloud,
            root,
            f"projects/{project}/global/firewalls/{rule}",
            {
                "kind": "compute#firewall",
                "network": f"{root}/{network}",
                "direction": "INGRESS",
                "priority": 65534,
                "allowed": allowed,
                "sourceRanges": ranges,
                "disabled": False,
                "logConfig": {"enable": False},
            },
        )


def _put(cloud: Cloud, root: str, name: str, body: Json) -> None:
    cloud.store.put(
        "compute",
        name,
        body
        | {
            "name": name.rpartition("/")[2],
            "id": str(secrets.randbelow(9 * 10**18) + 10**18),
            "selfLink": f"{root}/{name}",
            "creationTimestamp": stamp(cloud.clock.now()),
            "fingerprint": fingerprint(),
        },
    )


def add_default_route(cloud: Cloud, network: str, body: Json) -> None:
    """A new network's route to the internet gateway, until somebody deletes it."""
    project, root = network.split("/")[1], body["selfLink"].partition("/projects/")[0]
    name = f"projects/{project}/global/routes/default-route-{secrets.token_hex(8)}"
    _put(
        cloud,
        root,
        name,
        {
            "kind": "compute#route",
            "network": body["selfLink"],
            "destRange": "0.0.0.0/0",
            "priority": 1000,
            "nextHopGateway": f"{root}/projects/{project}/global/gateways/default-internet-gateway",
            "description": "Default route to the Internet.",
        },
    )
