"""What is sent for types that no recording has, and which of their changes need a new resource."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from localcloud.plugin.catalogue import kind_of
from localcloud.plugin.diff import changes
from tests.localcloud.plugin.answering import answering, error
from tests.localcloud.plugin.engine import Engine, plugin

Json = dict[str, Any]
P = "projects/p"
R = f"{P}/regions/europe-west3"
G = f"{P}/global"


class Asked(list[tuple[str, str, dict[str, str], Any]]):
    """Requests other than reads, without the endpoint's path; routers and zones keep what is written."""

    def __init__(self) -> None:
        self.router: Json = {"interfaces": [], "bgpPeers": []}
        self.records: list[Json] = []

    def answer(self, verb: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        path = path[path.index("projects/") :]
        if verb == "GET":
            return 200, self.read(path)
        self.append((verb, path, query, body))
        if path.endswith("/changes"):
            self.records = body["additions"]
            return 200, {"id": "1"}
        if "/routers/" in path:
            self.router |= body or {}
            for peer in self.router["bgpPeers"]:
                peer["ipAddress"] = "169.254.1.1"
        return 200, {"kind": "compute#operation", "status": "DONE", "name": "o", "selfLink": "http://h/o"}

    def read(self, path: str) -> Json:
        if "/changes/" in path:
            return {"status": "done", "id": "1"}
        if path.endswith("/getRoutePolicy"):
            return {"resource": {**self.router, "fingerprint": "f"}}
        if path.endswith("/rrsets"):
            return {"rrsets": self.records}
        return {"name": path.rsplit("/", 1)[-1], "fingerprint": "f", "labelFingerprint": "l", **self.router}


@contextmanager
def asking() -> Iterator[tuple[Engine, Asked]]:
    asked = Asked()
    with answering(asked.answer) as root:
        endpoints = {
            "computeCustomEndpoint": f"{root}/compute/beta/",
            "dnsCustomEndpoint": f"{root}/dns/v1beta2/",
            "certificateManagerCustomEndpoint": f"{root}/v1/",
        }
        configured = {
            **endpoints,
            "project": "p",
            "region": "europe-west3",
            "addPulumiAttributionLabel": False,
        }
        with plugin(configured) as engine:
            yield engine, asked


def token(name: str) -> str:
    module, _, kind = name.rpartition("/")
    return f"gcp:{module or 'compute'}/{kind}:{kind[0].upper()}{kind[1:]}"


CREATED: dict[str, tuple[str, Json, list[tuple[str, str, Json]]]] = {
    "an inner address": (
        "address",
        {"name": "a", "addressType": "INTERNAL", "subnetwork": "s", "prefixLength": 29},
        [
            (
                "POST",
                f"{R}/addresses",
                {
                    "name": "a",
                    "addressType": "INTERNAL",
                    "subnetwork": f"{R}/subnetworks/s",
                    "prefixLength": 29,
                    "region": f"{G}/regions/europe-west3",
                },
            ),
            ("POST", f"{R}/addresses/a/setLabels", {"labelFingerprint": "l", "labels": {}}),
        ],
    ),
    "a health check says its type": (
        "healthCheck",
        {"name": "h", "httpsHealthCheck": {"port": 8443}},
        [
            (
                "POST",
                f"{G}/healthChecks",
                {
                    "name": "h",
                    "type": "HTTPS",
                    "checkIntervalSec": 5,
                    "healthyThreshold": 2,
                    "timeoutSec": 5,
                    "unhealthyThreshold": 2,
                    "httpsHealthCheck": {"port": 8443, "requestPath": "/", "proxyHeader": "NONE"},
                },
            )
        ],
    ),
    "a passthrough backend has no capacity": (
        "regionBackendService",
        {
            "name": "b",
            "protocol": "TCP",
            "backends": [{"group": "g", "capacityScaler": 1}],
            "healthChecks": "c",
        },
        [
            (
                "POST",
                f"{R}/backendServices",
                {
                    "name": "b",
                    "protocol": "TCP",
                    "backends": [{"group": "g", "balancingMode": "UTILIZATION"}],
                    "healthChecks": ["c"],
                    "loadBalancingScheme": "INTERNAL",
                    "connectionDraining": {"drainingTimeoutSec": 300},
                    "iap": None,
                    "region": f"{G}/regions/europe-west3",
                },
            )
        ],
    ),
    "an external gateway's first interface is 0": (
        "externalVpnGateway",
        {
            "name": "e",
            "redundancyType": "SINGLE_IP_INTERNALLY_REDUNDANT",
            "interfaces": [{"id": 0, "ipAddress": "1"}],
        },
        [
            (
                "POST",
                f"{G}/externalVpnGateways",
                {
                    "name": "e",
                    "redundancyType": "SINGLE_IP_INTERNALLY_REDUNDANT",
                    "interfaces": [{"id": 0, "ipAddress": "1"}],
                },
            ),
            ("POST", f"{G}/externalVpnGateways/e/setLabels", {"labelFingerprint": "l", "labels": {}}),
        ],
    ),
    "an association": (
        "networkFirewallPolicyAssociation",
        {"name": "n", "firewallPolicy": "f", "attachmentTarget": f"{G}/networks/n"},
        [
            (
                "POST",
                f"{G}/firewallPolicies/f/addAssociation",
                {"name": "n", "attachmentTarget": f"{G}/networks/n"},
            )
        ],
    ),
    "an autoscaler's schedules go by name": (
        "regionAutoscaler",
        {
            "name": "s",
            "target": f"{R}/instanceGroupManagers/m",
            "autoscalingPolicy": {
                "minReplicas": 0,
                "maxReplicas": 3,
                "cpuUtilization": {"target": 0.5},
                "scalingSchedules": [
                    {"name": "day", "schedule": "0 8 * * *", "durationSec": 300, "minRequiredReplicas": 1}
                ],
            },
        },
        [
            (
                "POST",
                f"{R}/autoscalers",
                {
                    "name": "s",
                    "target": f"HOST/compute/beta/{R}/instanceGroupManagers/m",
                    "region": f"{G}/regions/europe-west3",
                    "autoscalingPolicy": {
                        "minNumReplicas": 0,
                        "maxNumReplicas": 3,
                        "coolDownPeriodSec": 60,
                        "mode": "ON",
                        "cpuUtilization": {"utilizationTarget": 0.5, "predictiveMethod": "NONE"},
                        "scalingSchedules": {
                            "day": {
                                "schedule": "0 8 * * *",
                                "durationSec": 300,
                                "minRequiredReplicas": 1,
                                "disabled": False,
                                "timeZone": "UTC",
                            }
                        },
                    },
                },
            )
        ],
    ),
    "a router's interface is a part of it": (
        "routerInterface",
        {"name": "i", "router": "r", "vpnTunnel": f"{R}/vpnTunnels/t", "ipRange": "169.254.0.1/30"},
        [
            (
                "PATCH",
                f"{R}/routers/r",
                {
                    "interfaces": [
                        {"name": "i", "linkedVpnTunnel": f"{R}/vpnTunnels/t", "ipRange": "169.254.0.1/30"}
                    ]
                },
            )
        ],
    ),
    "a server policy knows networks by their address": (
        "dns/policy",
        {"name": "d", "networks": [{"networkUrl": f"{G}/networks/n"}], "enableLogging": False},
        [
            (
                "POST",
                f"{P}/policies",
                {
                    "name": "d",
                    "description": "Managed by Pulumi",
                    "enableLogging": False,
                    "networks": [{"networkUrl": f"HOST/compute/v1/{G}/networks/n"}],
                },
            )
        ],
    ),
    "a weighted record": (
        "dns/recordSet",
        {
            "name": "w.z.",
            "type": "A",
            "managedZone": "z",
            "ttl": 60,
            "routingPolicy": {"wrrs": [{"weight": 0, "rrdatas": ["1"]}, {"weight": 1, "rrdatas": ["2"]}]},
        },
        [
            (
                "POST",
                f"{P}/managedZones/z/changes",
                {
                    "additions": [
                        {
                            "name": "w.z.",
                            "type": "A",
                            "ttl": 60,
                            "routingPolicy": {
                                "wrr": {
                                    "items": [
                                        {"weight": 0, "rrdatas": ["1"]},
                                        {"weight": 1, "rrdatas": ["2"]},
                                    ]
                                }
                            },
                        }
                    ]
                },
            )
        ],
    ),
    "a record with a spare": (
        "dns/recordSet",
        {
            "name": "f.z.",
            "type": "A",
            "managedZone": "z",
            "routingPolicy": {
                "primaryBackup": {
                    "trickleRatio": 0.1,
                    "primary": {"externalEndpoints": ["1"]},
                    "backupGeos": [{"location": "europe-west4", "rrdatas": ["2"]}],
                }
            },
        },
        [
            (
                "POST",
                f"{P}/managedZones/z/changes",
                {
                    "additions": [
                        {
                            "name": "f.z.",
                            "type": "A",
                            "routingPolicy": {
                                "primaryBackup": {
                                    "trickleTraffic": 0.1,
                                    "primaryTargets": {"externalEndpoints": ["1"]},
                                    "backupGeoTargets": {
                                        "enableFencing": False,
                                        "items": [{"location": "europe-west4", "rrdatas": ["2"]}],
                                    },
                                }
                            },
                        }
                    ]
                },
            )
        ],
    ),
    "a DNS authorization": (
        "certificatemanager/dnsAuthorization",
        {"name": "d", "domain": "example.org"},
        [("POST", f"{P}/locations/global/dnsAuthorizations", {"domain": "example.org"})],
    ),
}


@pytest.mark.parametrize("case", CREATED)
def test_creation_sends(case: str) -> None:
    name, news, expected = CREATED[case]
    with asking() as (engine, asked):
        inputs, failures = engine.check(token(name), "x", news)
        assert not failures
        engine.create(token(name), "x", inputs)
    assert [(verb, path, _hostless(body)) for verb, path, _, body in asked] == expected


def _hostless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _hostless(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_hostless(v) for v in value]
    return "HOST/" + value.split("/", 3)[3] if str(value).startswith("http://127.") else value


CHANGED: dict[str, tuple[str, Json, Json, list[tuple[str, str, dict[str, str], Json | None]]]] = {
    "a redirect's map": (
        "targetHttpProxy",
        {"name": "h", "urlMap": "a"},
        {"urlMap": "b"},
        [("POST", f"{P}/targetHttpProxies/h/setUrlMap", {}, {"urlMap": f"{G}/urlMaps/b"})],
    ),
    "who may reach an inner load balancer": (
        "forwardingRule",
        {"name": "f", "backendService": f"{R}/backendServices/b", "allowGlobalAccess": True},
        {"allowGlobalAccess": False},
        [("PATCH", f"{R}/forwardingRules/f", {}, {"allowGlobalAccess": False})],
    ),
    "labels of an address": (
        "address",
        {"name": "a", "labels": {"a": "1"}},
        {"labels": {"a": "2"}},
        [("POST", f"{R}/addresses/a/setLabels", {}, {"labelFingerprint": "l", "labels": {"a": "2"}})],
    ),
    "a group's size": (
        "regionInstanceGroupManager",
        {"name": "m", "baseInstanceName": "m", "versions": [{"instanceTemplate": "t"}], "targetSize": 1},
        {"targetSize": 2},
        [("POST", f"{R}/instanceGroupManagers/m/resize", {"size": "2"}, None)],
    ),
    "a group's ports": (
        "regionInstanceGroupManager",
        {"name": "m", "baseInstanceName": "m", "versions": [{"instanceTemplate": "t"}]},
        {"namedPorts": [{"name": "mllp", "port": 2575}]},
        [
            (
                "POST",
                f"{R}/instanceGroups/m/setNamedPorts",
                {},
                {"namedPorts": [{"name": "mllp", "port": 2575}]},
            )
        ],
    ),
    "a group's template": (
        "regionInstanceGroupManager",
        {"name": "m", "baseInstanceName": "m", "versions": [{"instanceTemplate": "t"}]},
        {"versions": [{"instanceTemplate": "u"}]},
        [
            (
                "PATCH",
                f"{R}/instanceGroupManagers/m",
                {},
                {"fingerprint": "f", "versions": [{"instanceTemplate": "u"}]},
            )
        ],
    ),
    "a rule of a firewall policy": (
        "networkFirewallPolicyRule",
        {
            "firewallPolicy": "f",
            "priority": 10,
            "action": "deny",
            "direction": "EGRESS",
            "match": {"layer4Configs": [{"ipProtocol": "all"}]},
        },
        {"disabled": True},
        [
            (
                "POST",
                f"{G}/firewallPolicies/f/patchRule",
                {"priority": "10"},
                {
                    "action": "deny",
                    "direction": "EGRESS",
                    "disabled": True,
                    "enableLogging": False,
                    "priority": 10,
                    "match": {
                        "layer4Configs": [{"ipProtocol": "all"}],
                        **{
                            f"{end}{what}": []
                            for end in ("src", "dest")
                            for what in (
                                "AddressGroups",
                                "Fqdns",
                                "IpRanges",
                                "RegionCodes",
                                "ThreatIntelligences",
                            )
                        },
                        "srcSecureTags": [],
                    },
                },
            )
        ],
    ),
    "a policy's text": (
        "networkFirewallPolicy",
        {"name": "f", "description": "a"},
        {"description": "b"},
        [("PATCH", f"{G}/firewallPolicies/f", {}, {"description": "b", "fingerprint": "f"})],
    ),
    "an autoscaler is changed at its collection": (
        "regionAutoscaler",
        {"name": "s", "target": "t", "autoscalingPolicy": {"minReplicas": 1, "maxReplicas": 2}},
        {"autoscalingPolicy": {"minReplicas": 1, "maxReplicas": 3}},
        [
            (
                "PUT",
                f"{R}/autoscalers",
                {"autoscaler": "s"},
                {
                    "name": "s",
                    "target": "t",
                    "region": f"{G}/regions/europe-west3",
                    "autoscalingPolicy": {
                        "minNumReplicas": 1,
                        "maxNumReplicas": 3,
                        "coolDownPeriodSec": 60,
                        "mode": "ON",
                    },
                },
            )
        ],
    ),
    "a route policy goes out whole": (
        "routerRoutePolicy",
        {"name": "one", "router": "r", "type": "ROUTE_POLICY_TYPE_IMPORT", "terms": []},
        {"terms": [{"priority": 1, "match": {"expression": "true"}, "actions": [{"expression": "drop()"}]}]},
        [
            (
                "POST",
                f"{R}/routers/r/updateRoutePolicy",
                {"updateMask": "terms"},
                {
                    "name": "one",
                    "type": "ROUTE_POLICY_TYPE_IMPORT",
                    "terms": [
                        {
                            "priority": 1,
                            "match": {"expression": "true"},
                            "actions": [{"expression": "drop()"}],
                        }
                    ],
                    "fingerprint": "f",
                },
            )
        ],
    ),
    "a peer keeps the addresses that Google chose": (
        "routerPeer",
        {"name": "one", "router": "r", "interface": "link", "peerAsn": 1},
        {"peerAsn": 2},
        [
            (
                "PATCH",
                f"{R}/routers/r",
                {},
                {
                    "bgpPeers": [
                        {
                            "name": "one",
                            "interfaceName": "link",
                            "ipAddress": "169.254.1.1",
                            "peerAsn": 2,
                            "advertiseMode": "DEFAULT",
                            "enable": "TRUE",
                            "enableIpv6": False,
                        }
                    ]
                },
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_a_change_sends(case: str) -> None:
    name, first, then, expected = CHANGED[case]
    with asking() as (engine, asked):
        olds, _ = engine.check(token(name), "x", first)
        id, outputs = engine.create(token(name), "x", olds)
        news, _ = engine.check(token(name), "x", {**first, **then}, olds)
        assert not engine.diff(token(name), "x", id, outputs, olds, news).replaces
        asked.clear()
        engine.update(token(name), "x", id, outputs, olds, news)
    assert [(verb, path, query, _hostless(body)) for verb, path, query, body in asked] == expected


FIXED = (
    ("address", "subnetwork"),
    ("address", "purpose"),
    ("forwardingRule", "ports"),
    ("forwardingRule", "backendService"),
    ("forwardingRule", "loadBalancingScheme"),
    ("globalForwardingRule", "networkTier"),
    ("regionBackendService", "network"),
    ("targetHttpProxy", "httpKeepAliveTimeoutSec"),
    ("regionInstanceTemplate", "machineType"),
    ("regionInstanceTemplate", "labels"),
    ("instanceTemplate", "metadata"),
    ("regionInstanceGroupManager", "distributionPolicyZones"),
    ("haVpnGateway", "stackType"),
    ("externalVpnGateway", "interfaces"),
    ("vPNTunnel", "sharedSecret"),
    ("vPNTunnel", "router"),
    ("routerInterface", "ipRange"),
    ("routerPeer", "interface"),
    ("routerRoutePolicy", "name"),
    ("routerRoutePolicy", "router"),
    ("interconnectAttachment", "encryption"),
    ("networkFirewallPolicyRule", "priority"),
    ("networkFirewallPolicyAssociation", "attachmentTarget"),
    ("dns/policy", "dns64Config"),
    ("certificatemanager/dnsAuthorization", "domain"),
)
MUTABLE = (
    ("forwardingRule", "target"),
    ("forwardingRule", "allowGlobalAccess"),
    ("globalForwardingRule", "target"),
    ("healthCheck", "timeoutSec"),
    ("regionHealthCheck", "description"),
    ("regionBackendService", "connectionDrainingTimeoutSec"),
    ("regionInstanceGroupManager", "versions"),
    ("regionInstanceGroupManager", "updatePolicy"),
    ("regionAutoscaler", "autoscalingPolicy"),
    ("vPNTunnel", "labels"),
    ("routerPeer", "peerAsn"),
    ("routerRoutePolicy", "terms"),
    ("interconnectAttachment", "bandwidth"),
    ("networkFirewallPolicyRule", "match"),
    ("dns/policy", "networks"),
    ("certificatemanager/dnsAuthorization", "labels"),
)


@pytest.mark.parametrize(("name", "prop"), [*FIXED, *MUTABLE])
def test_only_what_google_cannot_change_needs_a_new_resource(name: str, prop: str) -> None:
    full = {"vPNTunnel": "gcp:compute/vPNTunnel:VPNTunnel"}.get(name) or token(name)
    found = changes(kind_of(full), {prop: "old"}, {prop: "new"}, {prop: "old"})
    assert [change.replaces for change in found] == [(name, prop) in FIXED]


def test_a_prefix_stands_for_a_name_that_is_made_at_creation() -> None:
    template = token("instanceTemplate")
    news = {
        "namePrefix": "relay-",
        "machineType": "e2-small",
        "disks": [{"sourceImage": "debian-cloud/debian-12"}],
    }
    with asking() as (engine, asked):
        inputs, failures = engine.check(template, "x", news)
        assert not failures and "name" not in inputs
        id, _ = engine.create(template, "x", inputs)
    body = asked[0][3]
    assert body["name"].startswith("relay-") and id == f"{G}/instanceTemplates/{body['name']}"
    image = body["properties"]["disks"][0]["initializeParams"]["sourceImage"]
    assert image == "projects/debian-cloud/global/images/family/debian-12"


def test_a_router_has_each_name_once() -> None:
    peer, values = token("routerPeer"), {"name": "one", "router": "r", "interface": "link", "peerAsn": 1}
    with asking() as (engine, _):
        inputs, _ = engine.check(peer, "x", values)
        engine.create(peer, "x", inputs)
        with pytest.raises(grpc.RpcError, match="'one' is among the router's bgpPeers already"):
            engine.create(peer, "x", inputs)


def test_a_part_that_is_gone_reads_as_nothing() -> None:
    rule = token("networkFirewallPolicyRule")
    said = (
        "Invalid value for field 'priority': '9'. The firewall policy does not contain a rule at priority 9."
    )
    with answering(lambda *_: error(400, said)) as root:
        with plugin({"computeCustomEndpoint": f"{root}/compute/beta/", "project": "p"}) as engine:
            values = {"project": "p", "firewallPolicy": "f", "priority": 9}
            assert engine.read(rule, "x", f"{G}/firewallPolicies/f/rules/9", values, values)[0] == ""
