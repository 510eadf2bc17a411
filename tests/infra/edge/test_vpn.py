from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime import rpc

from infra.edge.vpn import HospitalVpn
from infra.errors import ConfigError
from tests.infra.edge.hospitals import vpn
from tests.infra.engine import Declared, declare


def made(**changes: Any) -> Declared:
    def program() -> dict[str, Any]:
        line = HospitalVpn("v", vpn("riverside", **changes))
        return {"addresses": line.addresses}

    return declare(program)


def test_two_tunnels_each_with_its_gateway_secret_and_session() -> None:
    found = made()
    tunnels = [found.one("VPNTunnel", name).inputs for name in ("v-0", "v-1")]
    assert [each["vpnGatewayInterface"] for each in tunnels] == [0, 1]
    assert [each["peerExternalGatewayInterface"] for each in tunnels] == [0, 1]
    assert {each["ikeVersion"] for each in tunnels} == {2}
    secrets = [each["sharedSecret"] for each in tunnels]
    assert all(rpc.is_rpc_secret(each) for each in secrets)
    assert [rpc.unwrap_rpc_secret(each) for each in secrets] == ["first", "second"]
    interfaces = {each.inputs["name"]: each.inputs["ipRange"] for each in found.of("RouterInterface")}
    assert interfaces == {"vpn-riverside-0": "169.254.10.1/30", "vpn-riverside-1": "169.254.10.5/30"}
    peers = {each.inputs["interface"]: each.inputs for each in found.of("RouterPeer")}
    assert peers["vpn-riverside-1"]["ipAddress"] == "169.254.10.5"
    assert peers["vpn-riverside-1"]["peerIpAddress"] == "169.254.10.6"
    assert found.outputs["addresses"] == ["203.0.113.30", "203.0.113.31"]


def test_the_hospital_learns_what_is_named_and_no_more() -> None:
    bgp = made().one("compute/router:Router").inputs["bgp"]
    assert bgp["advertiseMode"] == "CUSTOM" and "advertisedGroups" not in bgp
    assert bgp["advertisedIpRanges"] == [{"range": "10.11.0.0/24"}]


def test_both_sessions_take_only_the_hospitals_ranges() -> None:
    found = made()
    policy = found.one("RouterRoutePolicy").inputs["name"]
    assert [each.inputs["importPolicies"] for each in found.of("RouterPeer")] == [[policy], [policy]]


def test_hospital_with_one_gateway_address() -> None:
    found = made(peers=("198.51.100.7",))
    assert found.one("ExternalVpnGateway").inputs["redundancyType"] == "SINGLE_IP_INTERNALLY_REDUNDANT"
    assert [each.inputs["peerExternalGatewayInterface"] for each in found.of("VPNTunnel")] == [0, 0]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"secrets": ("plain", "text")}, "secrets"),
        ({"peers": ()}, "peers"),
        ({"peers": ("198.51.100.7", "198.51.100.7")}, "peers"),
        ({"peers": ("vpn.hospital.example",)}, "peers"),
        ({"asn": 15169}, "asn"),
        ({"peer_asn": 64514}, "peer_asn"),
        ({"peer_asn": 0}, "peer_asn"),
        ({"links": ("169.254.10.0/30", "169.254.10.0/30")}, "links"),
        ({"links": ("10.0.0.0/30", "10.0.0.4/30")}, "links"),
        ({"links": ("169.254.10.0/29", "169.254.11.0/29")}, "links"),
        ({"links": ("here", "there")}, "links"),
        ({"advertised": ("0.0.0.0/0",)}, "advertised"),
        ({"advertised": ()}, "advertised"),
        ({"accepted": ("0.0.0.0/0",)}, "accepted"),
        ({"hospital": "River"}, "hospital"),
    ],
)
def test_arguments_that_are_refused(changes: dict[str, Any], key: str) -> None:
    def program() -> None:
        with pytest.raises(ConfigError, match=key) as caught:
            vpn(**{"hospital": "riverside", **changes})
        assert "plain'" not in str(caught.value)

    declare(program)
