"""Addresses, checks, backends and what stands before them: what Google computes and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.api import Reply
from localcloud.cloud import Cloud
from tests.localcloud.harness import PROJECT, make_cloud, request

GLOBAL = f"projects/{PROJECT}/global"
REGION = f"projects/{PROJECT}/regions/europe-west3"
Json = dict[str, Any]


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return make_cloud(tmp_path)


def compute(cloud: Cloud, verb: str, path: str, body: Any = None, **query: str) -> Reply:
    return request(cloud, "compute", verb, f"/compute/beta/{path}", body, query=query)


BAD: dict[str, tuple[str, Json, str]] = {
    "a check without a type": (f"{GLOBAL}/healthChecks", {"name": "h"}, "resource.type"),
    "a check that waits longer than it pauses": (
        f"{REGION}/healthChecks",
        {"name": "h", "type": "TCP", "timeoutSec": 9, "checkIntervalSec": 5},
        "resource.timeoutSec",
    ),
    "a number that is none": (
        f"{GLOBAL}/healthChecks",
        {"name": "h", "type": "TCP", "timeoutSec": "soon"},
        "timeoutSec",
    ),
    "TLS 1.3 with old ciphers": (
        f"{GLOBAL}/sslPolicies",
        {"name": "t", "minTlsVersion": "TLS_1_3", "profile": "MODERN"},
        "resource.profile",
    ),
    "a template without disks": (
        f"{GLOBAL}/instanceTemplates",
        {"name": "t", "properties": {"machineType": "e2-small"}},
        "resource.properties.disks",
    ),
    "a group without a template": (
        f"{REGION}/instanceGroupManagers",
        {"name": "g", "baseInstanceName": "g"},
        "resource.versions",
    ),
    "an autoscaler with more at least than at most": (
        f"{REGION}/autoscalers",
        {"name": "s", "target": "t", "autoscalingPolicy": {"minNumReplicas": 3, "maxNumReplicas": 2}},
        "maxNumReplicas",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_body_is_400_and_names_the_field(case: str, cloud: Cloud) -> None:
    path, body, field = BAD[case]
    refused = compute(cloud, "POST", path, body)
    assert refused.status == 400 and field in refused.body["error"]["message"]


def test_a_rule_has_the_number_of_the_address_that_it_names(cloud: Cloud) -> None:
    compute(
        cloud, "POST", f"{REGION}/addresses", {"name": "a", "address": "10.0.0.9", "addressType": "INTERNAL"}
    )
    for n, link in enumerate((f"{REGION}/addresses/a", "regions/europe-west3/addresses/a", "a")):
        compute(cloud, "POST", f"{REGION}/forwardingRules", {"name": f"f{n}", "IPAddress": link})
        assert compute(cloud, "GET", f"{REGION}/forwardingRules/f{n}").body["IPAddress"] == "10.0.0.9"


def test_a_private_endpoint_is_connected(cloud: Cloud) -> None:
    target = f"{REGION}/serviceAttachments/s"
    compute(cloud, "POST", f"{REGION}/forwardingRules", {"name": "psc", "target": target})
    assert compute(cloud, "GET", f"{REGION}/forwardingRules/psc").body["pscConnectionStatus"] == "ACCEPTED"


def test_a_secret_of_the_identity_proxy_is_told_by_its_digest_alone(cloud: Cloud) -> None:
    body = {"name": "b", "iap": {"enabled": True, "oauth2ClientId": "i", "oauth2ClientSecret": "hush"}}
    compute(cloud, "POST", f"{GLOBAL}/backendServices", body)
    iap = compute(cloud, "GET", f"{GLOBAL}/backendServices/b").body["iap"]
    assert iap.keys() == {"enabled", "oauth2ClientId", "oauth2ClientSecretSha256"}


def test_a_proxys_map_is_changed_by_the_path_without_global(cloud: Cloud) -> None:
    compute(cloud, "POST", f"{GLOBAL}/targetHttpProxies", {"name": "h", "urlMap": "a"})
    changed = compute(cloud, "POST", f"projects/{PROJECT}/targetHttpProxies/h/setUrlMap", {"urlMap": "b"})
    assert changed.status == 200
    assert compute(cloud, "GET", f"{GLOBAL}/targetHttpProxies/h").body["urlMap"] == "b"


def test_an_edge_policy_is_set_and_taken_away(cloud: Cloud) -> None:
    compute(cloud, "POST", f"{GLOBAL}/backendServices", {"name": "b"})
    path = f"{GLOBAL}/backendServices/b/setEdgeSecurityPolicy"
    compute(cloud, "POST", path, {"securityPolicy": "p"})
    assert compute(cloud, "GET", f"{GLOBAL}/backendServices/b").body["edgeSecurityPolicy"] == "p"
    compute(cloud, "POST", path, {})
    assert "edgeSecurityPolicy" not in compute(cloud, "GET", f"{GLOBAL}/backendServices/b").body


GROUP = {"name": "g", "baseInstanceName": "g", "versions": [{"instanceTemplate": "t"}]}


def test_a_group_is_stable_and_its_instance_group_lives_and_dies_with_it(cloud: Cloud) -> None:
    compute(cloud, "POST", f"{REGION}/instanceGroupManagers", GROUP)
    manager = compute(cloud, "GET", f"{REGION}/instanceGroupManagers/g").body
    assert manager["status"]["isStable"] and manager["status"]["versionTarget"]["isReached"]
    group = compute(cloud, "GET", f"{REGION}/instanceGroups/g").body
    assert group["selfLink"] == manager["instanceGroup"]
    backend = {"name": "b", "backends": [{"group": manager["instanceGroup"]}]}
    compute(cloud, "POST", f"{REGION}/backendServices", backend)
    refused = compute(cloud, "DELETE", f"{REGION}/instanceGroupManagers/g")
    assert refused.body["error"]["errors"][0]["reason"] == "resourceInUseByAnotherResource"
    assert compute(cloud, "GET", f"{REGION}/instanceGroupManagers/g").status == 200
    compute(cloud, "DELETE", f"{REGION}/backendServices/b")
    assert compute(cloud, "DELETE", f"{REGION}/instanceGroupManagers/g").status == 200
    assert compute(cloud, "GET", f"{REGION}/instanceGroups/g").status == 404


def test_a_group_is_resized_and_its_ports_are_named(cloud: Cloud) -> None:
    compute(cloud, "POST", f"{REGION}/instanceGroupManagers", GROUP)
    assert compute(cloud, "POST", f"{REGION}/instanceGroupManagers/g/resize", size="4").status == 200
    assert compute(cloud, "POST", f"{REGION}/instanceGroupManagers/g/resize", size="many").status == 400
    ports = {"namedPorts": [{"name": "mllp", "port": 2575}]}
    compute(cloud, "POST", f"{REGION}/instanceGroups/g/setNamedPorts", ports)
    manager = compute(cloud, "GET", f"{REGION}/instanceGroupManagers/g").body
    assert (manager["targetSize"], manager["namedPorts"]) == (4, ports["namedPorts"])


def test_machines_themselves_are_not_there(cloud: Cloud) -> None:
    compute(cloud, "POST", f"{REGION}/instanceGroupManagers", GROUP)
    asked = compute(cloud, "POST", f"{REGION}/instanceGroupManagers/g/recreateInstances", {"instances": []})
    assert asked.status == 501


def test_an_autoscaler_is_changed_by_the_name_in_the_query(cloud: Cloud) -> None:
    body = {"name": "s", "target": "t", "autoscalingPolicy": {"maxNumReplicas": 2}}
    compute(cloud, "POST", f"{REGION}/autoscalers", body)
    body["autoscalingPolicy"] = {"maxNumReplicas": 5}
    assert compute(cloud, "PUT", f"{REGION}/autoscalers", body, autoscaler="s").status == 200
    policy = compute(cloud, "GET", f"{REGION}/autoscalers/s").body["autoscalingPolicy"]
    assert policy["maxNumReplicas"] == 5 and policy["cpuUtilization"]["utilizationTarget"] == 0.6
    assert compute(cloud, "PUT", f"{REGION}/autoscalers", body, autoscaler="other").status == 404
