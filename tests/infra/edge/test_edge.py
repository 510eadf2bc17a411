from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.edge.certificate import Challenge
from infra.edge.edge import DedicatedHost, Edge, EdgeArgs, PairedSite, Publication
from infra.edge.interconnect import InterconnectArgs
from infra.edge.limits import RateLimit
from infra.edge.records import SiteAddresses
from infra.errors import ConfigError, ResidencyError
from infra.jurisdiction import jurisdiction
from infra.site import Site
from tests.infra.edge.hospitals import vpn
from tests.infra.engine import declare
from tests.infra.sites import SITE

DOMAIN = "eu.careplane.example"
RIVERSIDE = DedicatedHost("riverside", replace(SITE, project="careplane-riverside"))
PAIRED = PairedSite(
    SiteAddresses("europe-west4", "203.0.113.90", "2001:db8::90"), Challenge("_acme-2.example.", "proof-2.")
)


def test_pooled_hosts_share_a_mask_and_a_dedicated_one_has_its_project() -> None:
    args = EdgeArgs(SITE, DOMAIN, dedicated=(RIVERSIDE,))
    found = declare(lambda: Edge("e", args) and None)
    groups = {
        each.inputs["project"]: each.inputs["cloudRun"] for each in found.of("RegionNetworkEndpointGroup")
    }
    assert groups == {
        "careplane-cell": {"urlMask": f"<service>.{DOMAIN}"},
        "careplane-riverside": {"service": "riverside"},
    }
    urls = found.one("URLMap", "e-balancer").inputs
    hosts = {rule["hosts"][0]: rule["pathMatcher"] for rule in urls["hostRules"]}
    assert hosts == {f"*.{DOMAIN}": "tenants", f"riverside.{DOMAIN}": "tenant-riverside"}
    for backend in found.of("BackendService"):
        policy = found.one("SecurityPolicy", backend.inputs["securityPolicy"])
        assert policy.inputs["project"] == backend.inputs["project"]


def test_a_dedicated_project_knows_only_its_own_tenants_limit() -> None:
    limits = {"riverside": RateLimit(100), "lakeside": RateLimit(200)}
    args = EdgeArgs(SITE, DOMAIN, dedicated=(RIVERSIDE,), limits=limits)
    found = declare(lambda: Edge("e", args) and None)
    named = {
        policy.inputs["project"]: [
            rule["description"]
            for rule in policy.inputs["rules"]
            if rule["description"].startswith("Limit of ")
        ]
        for policy in found.of("SecurityPolicy")
    }
    assert named == {
        "careplane-cell": ["Limit of lakeside", "Limit of every tenant"],
        "careplane-riverside": ["Limit of riverside", "Limit of every tenant"],
    }


def test_promotion_changes_the_records_alone() -> None:
    def records(active: str) -> tuple[set[str], dict[str, Any]]:
        publication = Publication("frankfurt", active, {"groningen": PAIRED})
        found = declare(lambda: Edge("e", EdgeArgs(SITE, DOMAIN, publication)) and None)
        changing = {each.name: each.inputs["rrdatas"] for each in found.of("RecordSet")}
        return {each.name for each in found.resources}, changing

    names, before = records("frankfurt")
    again, after = records("groningen")
    assert names == again
    assert before["e-records-a"] == ["203.0.113.10"] and after["e-records-a"] == ["203.0.113.90"]
    assert before["e-records-aaaa"] == ["2001:db8::10"] and after["e-records-aaaa"] == ["2001:db8::90"]
    assert before["e-records-challenge-groningen"] == ["proof-2."]
    assert {name for name in before if before[name] != after[name]} == {"e-records-a", "e-records-aaaa"}


def test_a_standby_publishes_nothing_and_says_what_must_be() -> None:
    def program() -> dict[str, Any]:
        edge = Edge("e", EdgeArgs(SITE, DOMAIN))
        assert edge.challenge
        return {"ipv4": edge.addresses.ipv4, "proof": edge.challenge.data, "region": edge.addresses.region}

    found = declare(program)
    assert not found.of("ManagedZone") and not found.of("RecordSet")
    assert found.outputs["ipv4"] == "203.0.113.10" and found.outputs["region"] == "europe-west3"
    assert found.outputs["proof"] == "careplane-cell.authorize.certificatemanager.goog."


def test_an_edge_beside_another_of_its_project_takes_its_certificate() -> None:
    """The project proves the domain once: a second authorization would ask for the same record."""
    shared = (
        "//certificatemanager.googleapis.com/projects/careplane-cell/locations/global/certificateMaps/edge"
    )
    args = EdgeArgs(SITE, DOMAIN, Publication("frankfurt"), name="edge-2", certificate_map=shared)

    def program() -> dict[str, Any]:
        edge = Edge("e", args)
        return {"map": edge.certificate_map, "challenge": edge.challenge}

    found = declare(program)
    assert found.outputs == {"map": shared, "challenge": None}
    assert found.one("TargetHttpsProxy").inputs["certificateMap"] == shared
    assert not [each for each in found.resources if "certificatemanager" in each.type]
    assert not [each for each in found.of("RecordSet") if "challenge" in each.name]


OUTSIDE = DedicatedHost("lakeside", Site("careplane-lakeside", "us-central1", jurisdiction("us")))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"domain": "careplane"}, ConfigError),
        ({"dedicated": (RIVERSIDE, RIVERSIDE)}, ConfigError),
        ({"dedicated": (OUTSIDE,)}, ResidencyError),
        ({"minimum_tls": "TLS_1_1"}, ConfigError),
        ({"probes": ("0.0.0.0/0",)}, ConfigError),
    ],
)
def test_arguments_that_are_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        EdgeArgs(**{"site": SITE, "domain": DOMAIN, **changes})


LINKS = ("169.254.20.0/30", "169.254.20.4/30")


@pytest.mark.parametrize(
    ("hospital", "changes", "key"),
    [
        ("riverside", {"links": LINKS, "accepted": ("10.90.0.0/16",)}, "vpns"),
        ("lakeside", {"accepted": ("10.90.0.0/16",)}, r"vpns\.links"),
        ("lakeside", {"links": LINKS, "accepted": ("10.80.4.0/24",)}, r"vpns\.accepted"),
    ],
)
def test_two_vpns_that_share_a_hospital_a_link_or_a_range(
    hospital: str, changes: dict[str, Any], key: str
) -> None:
    def program() -> None:
        with pytest.raises(ConfigError, match=key):
            EdgeArgs(SITE, DOMAIN, vpns=(vpn("riverside"), vpn(hospital, **changes)))

    declare(program)


def test_a_line_without_a_vpn_over_it() -> None:
    line = InterconnectArgs(SITE, "cell", "riverside", ("10.12.0.0/29", "10.12.0.8/29"))
    with pytest.raises(ConfigError, match="interconnects"):
        EdgeArgs(SITE, DOMAIN, interconnects=(line,))


def test_a_vpn_runs_over_its_hospitals_line() -> None:
    line = InterconnectArgs(SITE, "cell", "riverside", ("10.12.0.0/29", "10.12.0.8/29"))

    def program() -> None:
        Edge("e", EdgeArgs(SITE, DOMAIN, vpns=(vpn("riverside"),), interconnects=(line,)))

    gateway = declare(program).one("HaVpnGateway")
    attached = [each["interconnectAttachment"] for each in gateway.inputs["vpnInterfaces"]]
    assert [each.rsplit("/", 1)[1] for each in attached] == [
        "interconnect-riverside-1",
        "interconnect-riverside-2",
    ]


def test_publication_of_an_unknown_site() -> None:
    with pytest.raises(ConfigError, match="groningen"):
        Publication("frankfurt", "paris", {"groningen": PAIRED})
    with pytest.raises(ConfigError, match="other than this one"):
        Publication("frankfurt", "", {"frankfurt": PAIRED})
