"""Routers, VPN, VLAN attachments, firewall policies and DNS: what Google computes and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.localcloud.harness import PROJECT, make_cloud, request
from tests.localcloud.services.test_load_balancing import GLOBAL, REGION, Json, compute

NETWORK = f"{GLOBAL}/networks/cell"
ZONES = f"/dns/v1beta2/projects/{PROJECT}/managedZones"
POLICIES = f"/dns/v1beta2/projects/{PROJECT}/policies"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    cloud = make_cloud(tmp_path)
    compute(cloud, "POST", f"{GLOBAL}/networks", {"name": "cell"})
    compute(cloud, "POST", f"{REGION}/routers", {"name": "r", "network": NETWORK})
    return cloud


def tunnel(cloud: Cloud) -> Json:
    compute(cloud, "POST", f"{REGION}/vpnGateways", {"name": "ours", "network": NETWORK})
    peer = {"id": 0, "ipAddress": "192.0.2.7"}
    body = {"name": "theirs", "redundancyType": "SINGLE_IP_INTERNALLY_REDUNDANT", "interfaces": [peer]}
    compute(cloud, "POST", f"{GLOBAL}/externalVpnGateways", body)
    return {
        "name": "t",
        "vpnGateway": f"{REGION}/vpnGateways/ours",
        "peerExternalGateway": f"{GLOBAL}/externalVpnGateways/theirs",
        "sharedSecret": "hush",
        "router": f"{REGION}/routers/r",
    }


def test_a_gateway_has_two_addresses_and_a_tunnel_those_of_its_peer(cloud: Cloud) -> None:
    compute(cloud, "POST", f"{REGION}/vpnTunnels", tunnel(cloud))
    interfaces = compute(cloud, "GET", f"{REGION}/vpnGateways/ours").body["vpnInterfaces"]
    assert [interface["id"] for interface in interfaces] == [0, 1]
    made = compute(cloud, "GET", f"{REGION}/vpnTunnels/t").body
    assert (made["peerIp"], made["status"]) == ("192.0.2.7", "ESTABLISHED")
    assert "hush" not in str(made) and made["sharedSecretHash"]


def test_a_tunnel_in_use_cannot_go(cloud: Cloud) -> None:
    compute(cloud, "POST", f"{REGION}/vpnTunnels", tunnel(cloud))
    link = {"name": "i", "linkedVpnTunnel": f"{REGION}/vpnTunnels/t", "ipRange": "169.254.0.1/30"}
    assert compute(cloud, "PATCH", f"{REGION}/routers/r", {"interfaces": [link]}).status == 200
    assert compute(cloud, "DELETE", f"{REGION}/vpnTunnels/t").status == 400
    compute(cloud, "PATCH", f"{REGION}/routers/r", {"interfaces": []})
    assert compute(cloud, "DELETE", f"{REGION}/vpnTunnels/t").status == 200


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (f"{REGION}/vpnGateways", {"name": "g"}, "resource.network"),
        (f"{REGION}/vpnTunnels", {"name": "t", "vpnGateway": "g"}, "resource.sharedSecret"),
        (f"{REGION}/vpnTunnels", {"name": "t", "sharedSecret": "s"}, "resource.vpnGateway"),
        (
            f"{GLOBAL}/externalVpnGateways",
            {"name": "e", "redundancyType": "TWO_IPS_REDUNDANCY", "interfaces": [{"ipAddress": "1"}]},
            "needs 2 interfaces",
        ),
        (f"{REGION}/interconnectAttachments", {"name": "a"}, "resource.router"),
        (f"{REGION}/interconnectAttachments", {"name": "a", "router": "r"}, "resource.interconnect"),
        (f"{GLOBAL}/firewallPolicies/f/addRule", {"priority": 1, "action": "deny"}, "resource.direction"),
    ],
)
def test_a_bad_body_is_400_and_names_the_field(cloud: Cloud, path: str, body: Json, words: str) -> None:
    compute(cloud, "POST", f"{GLOBAL}/firewallPolicies", {"name": "f"})
    refused = compute(cloud, "POST", path, body)
    assert refused.status == 400 and words in refused.body["error"]["message"]


def test_a_peer_takes_the_addresses_of_its_interface(cloud: Cloud) -> None:
    body = {"interfaces": [{"name": "i", "ipRange": "169.254.0.1/30"}]}
    compute(cloud, "PATCH", f"{REGION}/routers/r", body)
    peer = {"name": "p", "interfaceName": "i", "peerAsn": 64515}
    assert compute(cloud, "PATCH", f"{REGION}/routers/r", {"bgpPeers": [peer]}).status == 200
    found = compute(cloud, "GET", f"{REGION}/routers/r").body["bgpPeers"][0]
    assert (found["ipAddress"], found["peerIpAddress"]) == ("169.254.0.1", "169.254.0.2")
    lost = {"bgpPeers": [{**peer, "interfaceName": "other"}]}
    assert compute(cloud, "PATCH", f"{REGION}/routers/r", lost).status == 400


def test_an_attachment_waits_for_its_partner(cloud: Cloud) -> None:
    body = {"name": "a", "type": "PARTNER", "router": f"{REGION}/routers/r"}
    compute(cloud, "POST", f"{REGION}/interconnectAttachments", body)
    made = compute(cloud, "GET", f"{REGION}/interconnectAttachments/a").body
    assert made["state"] == "PENDING_PARTNER" and made["pairingKey"].endswith("/europe-west3/any")


def test_rules_of_a_policy_come_change_and_go(cloud: Cloud) -> None:
    path = f"{GLOBAL}/firewallPolicies/f"
    compute(cloud, "POST", f"{GLOBAL}/firewallPolicies", {"name": "f"})
    rule = {
        "priority": 9,
        "action": "deny",
        "direction": "EGRESS",
        "match": {"layer4Configs": [{"ipProtocol": "all"}]},
    }
    assert compute(cloud, "POST", f"{path}/addRule", rule).status == 200
    assert compute(cloud, "POST", f"{path}/addRule", rule).status == 400
    compute(cloud, "POST", f"{path}/patchRule", {"disabled": True}, priority="9")
    assert compute(cloud, "GET", f"{path}/getRule", priority="9").body["disabled"] is True
    assert compute(cloud, "POST", f"{path}/removeRule", priority="9").status == 200
    gone = compute(cloud, "GET", f"{path}/getRule", priority="9")
    assert gone.status == 400 and "does not contain a rule" in gone.body["error"]["message"]
    assert len(compute(cloud, "GET", path).body["rules"]) == 4  # Google's own


def test_a_network_has_one_policy_which_cannot_go_before_it_lets_go(cloud: Cloud) -> None:
    for name in ("f", "g"):
        compute(cloud, "POST", f"{GLOBAL}/firewallPolicies", {"name": name})
    wanted = {"name": "a", "attachmentTarget": NETWORK}
    assert compute(cloud, "POST", f"{GLOBAL}/firewallPolicies/f/addAssociation", wanted).status == 200
    assert compute(cloud, "POST", f"{GLOBAL}/firewallPolicies/g/addAssociation", wanted).status == 400
    assert compute(cloud, "DELETE", f"{GLOBAL}/firewallPolicies/f").status == 400
    found = compute(cloud, "GET", f"{GLOBAL}/firewallPolicies/f/getAssociation", name="a").body
    assert (found["attachmentTarget"], found["shortName"]) == (NETWORK, "f")
    compute(cloud, "POST", f"{GLOBAL}/firewallPolicies/f/removeAssociation", name="a")
    assert compute(cloud, "DELETE", f"{GLOBAL}/firewallPolicies/f").status == 200


def dns(cloud: Cloud, verb: str, path: str, body: Any = None) -> Any:
    return request(cloud, "dns", verb, path, body)


def test_a_signed_zone_gets_keys_that_are_fixed_while_it_is_signed(cloud: Cloud) -> None:
    zone = {"name": "z", "dnsName": "z.", "description": "d", "dnssecConfig": {"state": "on"}}
    made = dns(cloud, "POST", ZONES, zone).body["dnssecConfig"]
    assert made["nonExistence"] == "nsec3" and [k["keyType"] for k in made["defaultKeySpecs"]] == [
        "keySigning",
        "zoneSigning",
    ]
    for nonexistence, status in (("nsec", 400), ("nsec3", 200)):
        change = {"dnssecConfig": {"nonExistence": nonexistence}}
        assert dns(cloud, "PATCH", f"{ZONES}/z", change).status == status
    assert dns(cloud, "GET", f"{ZONES}/z").body["nameServers"]
    private = {**zone, "name": "y", "visibility": "private"}
    assert dns(cloud, "POST", ZONES, private).status == 400


def test_a_record_has_data_or_one_policy(cloud: Cloud) -> None:
    dns(cloud, "POST", ZONES, {"name": "z", "dnsName": "z.", "description": "d"})
    record = {"name": "a.z.", "type": "A", "ttl": 60}
    policy = {"wrr": {"items": [{"weight": 1, "rrdatas": ["1"]}]}}
    bad: tuple[Json, ...] = (
        {},
        {"rrdatas": ["1"], "routingPolicy": policy},
        {"routingPolicy": {**policy, "geo": {"items": []}}},
    )
    for extra in bad:
        refused = dns(cloud, "POST", f"{ZONES}/z/changes", {"additions": [{**record, **extra}]})
        assert refused.status == 400
    good = {**record, "routingPolicy": policy}
    assert dns(cloud, "POST", f"{ZONES}/z/changes", {"additions": [good]}).status == 200
    other = {**record, "routingPolicy": {"wrr": {"items": [{"weight": 2, "rrdatas": ["1"]}]}}}
    assert dns(cloud, "POST", f"{ZONES}/z/changes", {"deletions": [other]}).status == 412
    assert dns(cloud, "POST", f"{ZONES}/z/changes", {"deletions": [good]}).status == 200


def test_a_network_has_one_server_policy_which_lets_go_first(cloud: Cloud) -> None:
    bound = {"name": "p", "networks": [{"networkUrl": NETWORK}], "enableLogging": True}
    assert dns(cloud, "POST", POLICIES, bound).status == 200
    assert dns(cloud, "POST", POLICIES, {**bound, "name": "q"}).status == 400
    assert dns(cloud, "GET", f"{POLICIES}/q").status == 404
    assert dns(cloud, "DELETE", f"{POLICIES}/p").status == 400
    assert dns(cloud, "PATCH", f"{POLICIES}/p", {"networks": []}).body["policy"]["networks"] == []
    assert dns(cloud, "DELETE", f"{POLICIES}/p").status == 204


def test_a_wildcard_needs_an_authorization_of_its_domain(cloud: Cloud) -> None:
    place = f"/v1/projects/{PROJECT}/locations/global"
    proof = f"projects/{PROJECT}/locations/global/dnsAuthorizations/d"
    managed: Json = {"domains": ["*.example.org"]}

    def make(**more: Any) -> int:
        body = {"managed": {**managed, **more}}
        query = {"certificateId": "c"}
        reply = request(cloud, "certificatemanager", "POST", f"{place}/certificates", body, query=query)
        return reply.status

    assert make() == 400
    assert make(dnsAuthorizations=[proof]) == 400
    made = {"domain": "example.org"}
    query = {"dnsAuthorizationId": "d"}
    request(cloud, "certificatemanager", "POST", f"{place}/dnsAuthorizations", made, query=query)
    assert make(dnsAuthorizations=[proof]) == 200


POLICY = {
    "name": "accepted",
    "terms": [
        {
            "priority": 0,
            "match": {"expression": "destination.inAnyRange(prefix('10.1.0.0/16').orLonger())"},
            "actions": [{"expression": "accept()"}],
        }
    ],
}


def route_policy(cloud: Cloud, verb: str, method: str, body: Any = None, **query: str) -> Any:
    return compute(cloud, verb, f"{REGION}/routers/r/{method}", body, **query)


def test_a_route_policy_is_made_changed_listed_and_deleted(cloud: Cloud) -> None:
    assert route_policy(cloud, "POST", "updateRoutePolicy", POLICY).status == 200
    made = route_policy(cloud, "GET", "getRoutePolicy", policy="accepted").body["resource"]
    assert {key: made[key] for key in POLICY} == POLICY and made["type"] == "ROUTE_POLICY_TYPE_IMPORT"
    changed = {**POLICY, "terms": [], "fingerprint": made["fingerprint"]}
    assert route_policy(cloud, "POST", "updateRoutePolicy", changed).status == 200
    assert route_policy(cloud, "POST", "updateRoutePolicy", changed).status == 412
    listed = route_policy(cloud, "GET", "listRoutePolicies").body["result"]
    assert [(each["name"], each["terms"]) for each in listed] == [("accepted", [])]
    assert route_policy(cloud, "POST", "deleteRoutePolicy", policy="accepted").status == 200
    assert route_policy(cloud, "GET", "getRoutePolicy", policy="accepted").status == 404


def test_a_route_policy_in_use_cannot_go(cloud: Cloud) -> None:
    route_policy(cloud, "POST", "updateRoutePolicy", POLICY)
    peer = {"name": "p", "interfaceName": "i", "importPolicies": ["accepted"]}
    parts = {"interfaces": [{"name": "i", "ipRange": "169.254.0.1/30"}], "bgpPeers": [peer]}
    assert compute(cloud, "PATCH", f"{REGION}/routers/r", parts).status == 200
    refused = route_policy(cloud, "POST", "deleteRoutePolicy", policy="accepted")
    assert refused.status == 400 and "used by 'p'" in refused.body["error"]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"terms": []}, "'name' not specified"),
        ({"name": "a", "type": "ROUTE_POLICY_TYPE_BOTH"}, "ROUTE_POLICY_TYPE_EXPORT"),
        ({"name": "a", "terms": [{"priority": 1}, {"priority": 1}]}, "same priority"),
    ],
)
def test_a_bad_route_policy_is_refused(cloud: Cloud, body: Json, words: str) -> None:
    refused = route_policy(cloud, "POST", "updateRoutePolicy", body)
    assert refused.status == 400 and words in refused.body["error"]["message"]
