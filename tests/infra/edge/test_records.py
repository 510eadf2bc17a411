from __future__ import annotations

from typing import Any

import pytest

from infra.edge.certificate import Challenge
from infra.edge.records import FailoverCheck, RecordsArgs, SiteAddresses, SiteRecords
from infra.errors import ConfigError, ResidencyError
from tests.infra.engine import declare
from tests.infra.sites import SITE

SITES = {
    "frankfurt": SiteAddresses("europe-west3", "203.0.113.10", "2001:db8::10"),
    "groningen": SiteAddresses("europe-west4", "203.0.113.90", "2001:db8::90"),
}
CHECK = FailoverCheck(("europe-west1", "europe-west3", "europe-west4"), "riverside.eu.careplane.example")


def args(**changes: Any) -> RecordsArgs:
    given = {"site": SITE, "zone": "edge", "domain": "eu.careplane.example", "sites": SITES}
    return RecordsArgs(**{**given, "active": "frankfurt", **changes})


def test_only_the_active_site_is_answered() -> None:
    found = declare(lambda: SiteRecords("r", args(active="groningen")) and None)
    answers = {each.inputs["type"]: each.inputs["rrdatas"] for each in found.of("RecordSet")}
    assert answers == {"A": ["203.0.113.90"], "AAAA": ["2001:db8::90"]}
    assert {each.inputs["name"] for each in found.of("RecordSet")} == {"*.eu.careplane.example."}
    assert not found.of("HealthCheck")


def test_a_check_lets_the_standby_answer_when_the_active_site_fails() -> None:
    found = declare(lambda: SiteRecords("r", args(check=CHECK)) and None)
    record = found.one("RecordSet", "r-a").inputs
    assert "rrdatas" not in record
    policy = record["routingPolicy"]["primaryBackup"]
    assert policy["primary"] == {"externalEndpoints": ["203.0.113.10"]}
    assert policy["backupGeos"] == [
        {"location": "europe-west4", "healthCheckedTargets": {"externalEndpoints": ["203.0.113.90"]}}
    ]
    check = found.one("HealthCheck").inputs
    assert check["sourceRegions"] == list(CHECK.regions) and check["checkIntervalSec"] >= 30
    assert check["httpsHealthCheck"]["host"] == CHECK.host


def test_proofs_of_every_site() -> None:
    challenges = {"frankfurt": Challenge("_acme.example.", "proof.")}
    found = declare(lambda: SiteRecords("r", args(challenges=challenges)) and None)
    proof = found.one("RecordSet", "r-challenge-frankfurt").inputs
    assert (proof["type"], proof["name"], proof["rrdatas"]) == ("CNAME", "_acme.example.", ["proof."])


@pytest.mark.parametrize(
    "changes",
    [
        {"active": "paris"},
        {"sites": {"frankfurt": SITES["frankfurt"]}, "check": CHECK},
        {"check": FailoverCheck(("europe-west1", "europe-west1", "europe-west3"), "h")},
    ],
)
def test_arguments_that_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        args(**changes)


def test_site_or_prober_outside_the_jurisdiction() -> None:
    abroad = SiteAddresses("us-central1", "203.0.113.91", "2001:db8::91")
    with pytest.raises(ResidencyError, match=r"records\.sites\.iowa"):
        args(sites={**SITES, "iowa": abroad})
    with pytest.raises(ResidencyError, match="regions"):
        args(check=FailoverCheck(("europe-west1", "europe-west3", "us-east1"), "h"))
