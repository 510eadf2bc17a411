"""Names: where googleapis.com leads inside a network."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rules.boundary import NETWORK
from policies.rules.boundary_dns import RECORD, ZONE
from tests.policies.judged import findings, stack, verdict

RULE = "restricted-vip-dns"
NET = "projects/p/global/networks/cell"
VIP = ["199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"]
PRIVATE = {
    "name": "googleapis",
    "dnsName": "googleapis.com.",
    "visibility": "private",
    "privateVisibilityConfig": {"networks": [{"networkUrl": NET}]},
}


def record(name: str, kind: str, *data: str) -> tuple[str, dict[str, Any]]:
    return RECORD, {"managedZone": "googleapis", "name": name, "type": kind, "rrdatas": list(data)}


ALIAS = record("*.googleapis.com.", "CNAME", "restricted.googleapis.com.")


def named(*records: Any, kind: str | None = "cell", **zone: Any) -> Verdict:
    return verdict(RULE, stack((NETWORK, {"id": NET}), (ZONE, {**PRIVATE, **zone}), *records, kind=kind))


def test_every_name_is_an_alias_of_the_restricted_vip() -> None:
    assert named(record("restricted.googleapis.com.", "A", *VIP), ALIAS) is Verdict.PASSED
    assert named(record("*.googleapis.com.", "AAAA", "2600:2d00:2:1000::")) is Verdict.PASSED


@pytest.mark.parametrize(
    "records",
    [
        (),
        (record("restricted.googleapis.com.", "A", *VIP),),
        (ALIAS,),
        (record("restricted.googleapis.com.", "A"), ALIAS),
        (record("restricted.googleapis.com.", "A", *VIP, "203.0.113.1"), ALIAS),
        (
            record("restricted.googleapis.com.", "A", *VIP),
            ALIAS,
            record("storage.googleapis.com.", "A", "199.36.153.8"),
        ),
        (
            record("restricted.googleapis.com.", "A", *VIP),
            record("*.googleapis.com.", "CNAME", "private.googleapis.com."),
        ),
        (record("restricted.googleapis.com.", "A", "restricted"), ALIAS),
    ],
)
def test_a_name_that_leads_elsewhere_or_nowhere_fails(records: Any) -> None:
    assert named(*records) is Verdict.FAILED


GOOD = (record("restricted.googleapis.com.", "A", *VIP), ALIAS)


@pytest.mark.parametrize(
    "zone",
    [
        {"visibility": "public"},
        {"dnsName": "example.org."},
        {"privateVisibilityConfig": {"networks": [{"networkUrl": "projects/p/global/networks/other"}]}},
        {"privateVisibilityConfig": None},
    ],
)
def test_a_zone_that_the_network_does_not_see_is_none(zone: dict[str, Any]) -> None:
    assert named(*GOOD, **zone) is Verdict.FAILED
    assert named(*GOOD, kind=None, **zone) is Verdict.UNPROVEN


def test_what_is_not_known_or_answered_elsewhere_is_unproven() -> None:
    unknown = {"networks": [{"networkUrl": UNKNOWN}]}
    assert named(*GOOD, privateVisibilityConfig=unknown) is Verdict.UNPROVEN
    assert named(*GOOD, peeringConfig={"targetNetwork": {"networkUrl": "other"}}) is Verdict.UNPROVEN
    assert named(record("*.googleapis.com.", "A", UNKNOWN)) is Verdict.UNPROVEN  # type: ignore[arg-type]


def test_zones_of_one_name_in_two_projects_keep_their_own_records() -> None:
    other = "projects/q/global/networks/cell"
    sees = {"networks": [{"networkUrl": other}]}
    mine, theirs = ({**PRIVATE, "project": "p"}, {**PRIVATE, "project": "q", "privateVisibilityConfig": sees})
    records = [(RECORD, {**data, "project": "q"}) for _, data in GOOD]
    given = stack(
        (NETWORK, {"id": NET}), (NETWORK, {"id": other}), (ZONE, mine), (ZONE, theirs), *records, kind="cell"
    )
    assert [found.verdict for found in findings(RULE, given)] == [Verdict.FAILED, Verdict.PASSED]
