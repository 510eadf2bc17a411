from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.stack import cell_edge
from infra.stack.upstream import Upstream
from tests.infra.engine import Declared, declare_stack
from tests.infra.stack.parts import cell_config, names, part

DIGEST = "europe-west3-docker.pkg.dev/careplane-cell/careplane/mllp@sha256:" + "0" * 64
MLLP = {"image": DIGEST, "hospitals": {"riverside": ["10.90.0.0/16"]}}
VPN = {
    "name": "riverside",
    "peers": ["198.51.100.10", "198.51.100.11"],
    "asn": 65010,
    "links": ["169.254.10.0/30", "169.254.10.4/30"],
    "ranges": ["10.90.0.0/16"],
}


def edge(*guests: str, **changes: Any) -> Declared:
    cell = cell_config(domain="ehr.example.org", **changes)
    return part(cell, lambda *given: cell_edge.build(*given, None), *guests)


def test_the_first_of_two_sites_publishes_nothing_and_says_what_must_be(us: dict[str, Declared]) -> None:
    found = us["us-cell"]
    assert "edge-zone" not in {each.name for each in found.of("ManagedZone")}
    told = found.outputs["edge"]
    assert told["nameServers"] is None
    assert told["challenge"]["name"].startswith("_acme-challenge")
    assert told["ipv4"] and told["ipv6"]


def test_the_second_writes_the_zone_and_points_to_the_first(us: dict[str, Declared]) -> None:
    found, first = us["us-cell-2"], us["us-cell"].outputs["edge"]
    assert found.one("ManagedZone", "edge-zone").inputs["visibility"] == "public"
    assert found.one("RecordSet", "edge-records-a").inputs["rrdatas"] == [first["ipv4"]]
    assert found.one("RecordSet", "edge-records-aaaa").inputs["rrdatas"] == [first["ipv6"]]
    assert found.outputs["edge"]["nameServers"]


def test_one_project_proves_its_domain_once_and_both_sites_use_the_certificate(
    us: dict[str, Declared],
) -> None:
    """A second authorization of the domain in the same project would ask for the same record."""
    found, first = us["us-cell-2"], us["us-cell"].outputs["edge"]
    assert not found.of("DnsAuthorization") and not found.of("certificatemanager/certificate:Certificate")
    assert found.one("TargetHttpsProxy").inputs["certificateMap"] == first["certificateMap"]
    proofs = [each.inputs["rrdatas"] for each in found.of("RecordSet") if "challenge" in each.name]
    assert proofs == [[first["challenge"]["data"]]]


def test_dedicated_tenants_are_reached_in_their_projects_at_both_sites(us: dict[str, Declared]) -> None:
    for stack, region in (("us-cell", "us-central1"), ("us-cell-2", "us-east4")):
        groups = {
            (each.inputs["project"], each.inputs["region"])
            for each in us[stack].of("RegionNetworkEndpointGroup")
        }
        assert groups == {("careplane-us-cell", region), ("careplane-us-riverside", region)}


def test_the_active_site_is_a_change_of_two_records(us: dict[str, Declared]) -> None:
    first = {**us["us-cell"].outputs["edge"], "ipv4": "203.0.113.90", "ipv6": "2001:db8::90"}
    upstream = {name: each.outputs for name, each in us.items()}
    upstream["us-cell"] = {**upstream["us-cell"], "edge": first}
    before, after = (
        declare_stack("us-cell-2", upstream, {"careplane:activeSite": site}) for site in ("iowa", "virginia")
    )
    assert names(before) == names(after)
    changed = {
        each.name: (each.inputs["rrdatas"], after.one("RecordSet", each.name).inputs["rrdatas"])
        for each in before.of("RecordSet")
        if after.one("RecordSet", each.name).inputs != each.inputs
    }
    own = after.outputs["edge"]
    assert changed == {
        "edge-records-a": (["203.0.113.90"], [own["ipv4"]]),
        "edge-records-aaaa": (["2001:db8::90"], [own["ipv6"]]),
    }


def test_an_active_site_that_there_is_not(us: dict[str, Declared]) -> None:
    cell = cell_config("us-cell-2", activeSite="paris")
    upstream = {"us-cell": us["us-cell"].outputs}

    def program() -> Any:
        return part(cell, lambda *given: cell_edge.build(*given, Upstream("us-cell")), upstream=upstream)

    with pytest.raises(ConfigError, match="paris") as caught:
        program()
    assert "iowa" in str(caught.value) and "virginia" in str(caught.value)


def test_hospitals_hl7_messages_come_in_by_an_adapter_whose_disks_lie_under_the_cells_key() -> None:
    found = edge(mllp=MLLP)
    assert found.outputs["mllp"] == "203.0.113.20"
    grant = found.one("CryptoKeyIAMMember", "mllp-disks-compute").inputs
    assert grant["member"] == "serviceAccount:service-123456789012@compute-system.iam.gserviceaccount.com"
    assert grant["cryptoKeyId"].endswith("/cryptoKeys/data")


def test_without_them_there_is_neither_an_adapter_nor_a_tunnel() -> None:
    found = edge()
    assert found.outputs["mllp"] is None and found.outputs["vpns"] == {}
    assert not found.of("RegionInstanceGroupManager") and not found.of("HaVpnGateway")


def test_an_exposure_that_there_is_not() -> None:
    with pytest.raises(ConfigError, match=r"mllp\.exposure"):
        edge(mllp={**MLLP, "exposure": "PUBLIC"})


def test_an_adapter_by_a_tag_that_anybody_can_move() -> None:
    with pytest.raises(ConfigError, match=r"careplane:mllp\.image"):
        cell_config(mllp={**MLLP, "image": "adapter:latest"})


def test_a_tunnel_without_its_secrets() -> None:
    with pytest.raises(ConfigError, match="careplane:vpnSecrets"):
        edge(vpns=[VPN])
