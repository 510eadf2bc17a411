"""Networks, peerings and DNS: what refers to what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.api import Reply
from localcloud.cloud import Cloud
from tests.localcloud.harness import NUMBER, PROJECT, make_cloud, request

GLOBAL = f"/compute/beta/projects/{PROJECT}/global"
ZONES = f"/dns/v1/projects/{PROJECT}/managedZones"
PEERINGS = "/v1/services/servicenetworking.googleapis.com/connections"
NETWORK = f"projects/{NUMBER}/global/networks/cell"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    cloud = make_cloud(tmp_path)
    assert compute(cloud, "POST", "networks", {"name": "cell", "autoCreateSubnetworks": False}).status == 200
    return cloud


def compute(cloud: Cloud, verb: str, path: str, body: Any = None) -> Reply:
    return request(cloud, "compute", verb, f"{GLOBAL}/{path}", body)


def test_a_network_in_use_cannot_go(cloud: Cloud) -> None:
    rule = {
        "name": "deny",
        "network": f"projects/{PROJECT}/global/networks/cell",
        "denied": [{"IPProtocol": "all"}],
    }
    compute(cloud, "POST", "firewalls", rule)
    refused = compute(cloud, "DELETE", "networks/cell")
    assert refused.body["error"]["errors"][0]["reason"] == "resourceInUseByAnotherResource"
    compute(cloud, "DELETE", "firewalls/deny")
    assert compute(cloud, "DELETE", "networks/cell").status == 200
    assert "items" not in compute(cloud, "GET", "routes").body


def test_a_stale_label_fingerprint_is_412(cloud: Cloud) -> None:
    compute(cloud, "POST", "addresses", {"name": "edge"})
    first = compute(cloud, "GET", "addresses/edge").body["labelFingerprint"]
    change = {"labels": {"a": "b"}, "labelFingerprint": first}
    assert compute(cloud, "POST", "addresses/edge/setLabels", change).status == 200
    assert compute(cloud, "POST", "addresses/edge/setLabels", change).status == 412


def test_routes_are_found_by_network_and_range(cloud: Cloud) -> None:
    url = cloud.settings.url("compute")
    wanted = f'(network="{url}{GLOBAL}/networks/cell") AND (destRange="0.0.0.0/0")'
    found = request(cloud, "compute", "GET", f"{GLOBAL}/routes", query={"filter": wanted}).body["items"]
    assert [route["destRange"] for route in found] == ["0.0.0.0/0"]
    other = wanted.replace("networks/cell", "networks/other")
    assert "items" not in request(cloud, "compute", "GET", f"{GLOBAL}/routes", query={"filter": other}).body
    assert request(cloud, "compute", "GET", f"{GLOBAL}/routes", query={"filter": "((("}).status == 400


def test_a_peering_needs_a_network_and_a_range_of_its_own(cloud: Cloud) -> None:
    body = {"network": NETWORK, "reservedPeeringRanges": ["psa"]}
    assert request(cloud, "servicenetworking", "POST", PEERINGS, body).status == 400
    compute(
        cloud,
        "POST",
        "addresses",
        {"name": "psa", "purpose": "VPC_PEERING", "addressType": "INTERNAL", "prefixLength": 20},
    )
    assert request(cloud, "servicenetworking", "POST", PEERINGS, body).body["response"]["network"] == NETWORK
    found = request(cloud, "servicenetworking", "GET", PEERINGS, query={"network": NETWORK}).body[
        "connections"
    ]
    assert [one["reservedPeeringRanges"] for one in found] == [["psa"]]
    deletion = {"consumerNetwork": NETWORK}
    path = f"{PEERINGS}/servicenetworking-googleapis-com"
    assert request(cloud, "servicenetworking", "POST", path, deletion).status == 200
    assert request(cloud, "servicenetworking", "POST", path, deletion).status == 404


def test_a_peering_vanishes_with_its_network_and_no_other(cloud: Cloud) -> None:
    compute(cloud, "POST", "networks", {"name": "other", "autoCreateSubnetworks": False})
    other = NETWORK.replace("cell", "other")
    for network in (NETWORK, other):
        assert request(cloud, "servicenetworking", "POST", PEERINGS, {"network": network}).status == 200
    assert compute(cloud, "DELETE", "networks/cell").status == 200
    assert request(cloud, "servicenetworking", "GET", PEERINGS, query={"network": NETWORK}).body == {}
    found = request(cloud, "servicenetworking", "GET", PEERINGS, query={"network": other}).body
    assert [one["network"] for one in found["connections"]] == [other]
    assert cloud.store.names("servicenetworking", "services/") == [
        f"services/servicenetworking.googleapis.com/connections/{NUMBER}-other"
    ]


def record(ttl: int, name: str = "a.example.org.") -> dict[str, Any]:
    return {"name": name, "type": "A", "ttl": ttl, "rrdatas": ["192.0.2.1"]}


def test_a_zone_has_ns_and_soa_and_changes_are_all_or_nothing(cloud: Cloud) -> None:
    zone = {"name": "zone", "dnsName": "example.org.", "description": ""}
    request(cloud, "dns", "POST", ZONES, zone)
    kinds = {r["type"] for r in request(cloud, "dns", "GET", f"{ZONES}/zone/rrsets").body["rrsets"]}
    assert kinds == {"NS", "SOA"}
    changes = f"{ZONES}/zone/changes"
    assert request(cloud, "dns", "POST", changes, {"additions": [record(300)]}).body["status"] == "done"
    assert request(cloud, "dns", "POST", changes, {"additions": [record(60)]}).status == 409
    stale = {"additions": [record(60, "b.example.org.")], "deletions": [record(60)]}
    assert request(cloud, "dns", "POST", changes, stale).status == 412
    names = {r["name"] for r in request(cloud, "dns", "GET", f"{ZONES}/zone/rrsets").body["rrsets"]}
    assert "b.example.org." not in names
    assert request(cloud, "dns", "POST", changes, {"additions": [record(60, "a.example.com.")]}).status == 400
    assert request(cloud, "dns", "DELETE", f"{ZONES}/zone").status == 400
    request(cloud, "dns", "POST", changes, {"deletions": [record(300)]})
    assert request(cloud, "dns", "DELETE", f"{ZONES}/zone").status == 204
