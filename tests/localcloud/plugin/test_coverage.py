"""The list of recorded types is what the recordings say, and the command tells what goes beyond it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localcloud.cli import main
from localcloud.plugin.catalogue import tokens
from localcloud.plugin.coverage import coverage, recorded
from tests.shared_data import shared

FURTHER = {
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
    "gcp:compute/address:Address",
    "gcp:compute/externalVpnGateway:ExternalVpnGateway",
    "gcp:compute/forwardingRule:ForwardingRule",
    "gcp:compute/haVpnGateway:HaVpnGateway",
    "gcp:compute/healthCheck:HealthCheck",
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/interconnectAttachment:InterconnectAttachment",
    "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy",
    "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation",
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
    "gcp:compute/regionAutoscaler:RegionAutoscaler",
    "gcp:compute/regionBackendService:RegionBackendService",
    "gcp:compute/regionHealthCheck:RegionHealthCheck",
    "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
    "gcp:compute/routerInterface:RouterInterface",
    "gcp:compute/routerPeer:RouterPeer",
    "gcp:compute/routerRoutePolicy:RouterRoutePolicy",
    "gcp:compute/targetHttpProxy:TargetHttpProxy",
    "gcp:compute/vPNTunnel:VPNTunnel",
    "gcp:dns/policy:Policy",
}
"""What an edge, a relay and a hospital's line need beyond the recordings."""


def test_the_committed_list_is_that_of_the_recordings() -> None:
    state = json.loads(shared("gcp/official-provider/state.json").read_text())
    types = {resource["type"] for resource in state["deployment"]["resources"]}
    assert recorded() == {token for token in types if token.startswith("gcp:")}


def test_every_recorded_type_is_supported() -> None:
    assert recorded() <= set(tokens())


def test_the_further_types_say_that_nothing_was_recorded_of_them() -> None:
    assert {token for token, known in coverage().items() if not known} >= FURTHER


def test_the_command_lists_each_type_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "types", "--json"], {"CAREPLANE_HOME": str(tmp_path)}) == 0
    listed = json.loads(capsys.readouterr().out)["types"]
    assert {each["type"]: each["recorded"] for each in listed} == coverage()
    assert main(["plugin", "types"], {"CAREPLANE_HOME": str(tmp_path)}) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{len(listed)} types, {len(recorded())} with a recording"
    assert any(line.split() == ["gcp:compute/address:Address", "no"] for line in lines)
