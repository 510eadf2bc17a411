"""Residency: locations are found wherever they stand, and the constraints that keep them."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import SECRET, UNKNOWN
from policies.result import Verdict
from policies.stack import ROOT
from tests.policies.judged import findings, stack, verdict
from tests.policies.state_example import SECRET as WIRE_SECRET

POLICY = "gcp:orgpolicy/policy:Policy"
IN = "location-in-jurisdiction"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"location": "EUROPE-WEST3"}, Verdict.PASSED),
        ({"zone": "europe-west3-a"}, Verdict.PASSED),
        ({"zone": "us-east1-b"}, Verdict.FAILED),
        ({"customPlacementConfig": {"dataLocations": ["EUROPE-WEST3", "US-EAST4"]}}, Verdict.FAILED),
        ({"kmsKeyName": "projects/p/locations/us/keyRings/r/cryptoKeys/k"}, Verdict.FAILED),
        ({"region": "https://www.googleapis.com/compute/v1/projects/p/regions/europe-west4"}, Verdict.PASSED),
        ({"region": "https://www.googleapis.com/compute/v1/projects/p/regions/asia-east1"}, Verdict.FAILED),
        ({"template": [{"subnetwork": "projects/p/regions/us-east4/subnetworks/run"}]}, Verdict.FAILED),
        ({"location": "global"}, Verdict.NOT_APPLICABLE),
        ({"name": "x", "count": 3, "on": True, "nothing": None}, Verdict.NOT_APPLICABLE),
        ({"basic": {"conditions": [{"regions": ["US"]}]}}, Verdict.NOT_APPLICABLE),
        ({"deep": [{"kmsKeyName": UNKNOWN}], "location": "europe-west3"}, Verdict.UNPROVEN),
        ({"password": SECRET, "location": "europe-west3"}, Verdict.PASSED),
        ({"location": SECRET}, Verdict.UNPROVEN),
        ({"dataLocations": ["europe-west3", WIRE_SECRET]}, Verdict.UNPROVEN),
        ({"customPlacementConfig": {"dataLocations": WIRE_SECRET}}, Verdict.UNPROVEN),
        ({"kmsKeyName": UNKNOWN, "location": "us-east1"}, Verdict.FAILED),
        ({"location": "us-east1", "zone": SECRET}, Verdict.FAILED),
        ({"selfLink": UNKNOWN, "id": UNKNOWN, "etag": UNKNOWN, "location": "europe-west3"}, Verdict.PASSED),
        ({"selfLink": UNKNOWN, "location": "us-east1"}, Verdict.FAILED),
        ({"selfLink": UNKNOWN, "region": UNKNOWN}, Verdict.UNPROVEN),
        ({"spec": {"id": UNKNOWN}, "location": "europe-west3"}, Verdict.UNPROVEN),
    ],
)  # fmt: skip
def test_locations_are_found_wherever_they_stand(given: dict[str, Any], expected: Verdict) -> None:
    assert verdict(IN, given, "gcp:storage/bucket:Bucket") is expected


def test_the_path_of_a_location_outside_is_named() -> None:
    given = {"replication": {"userManaged": {"replicas": [{"location": "us-east1"}]}}}
    (found,) = findings(IN, stack(("gcp:secretmanager/secret:Secret", given)))
    assert (found.path, found.seen) == ("replication.userManaged.replicas[0].location", "'us-east1'")


def test_without_a_jurisdiction_nothing_is_proved() -> None:
    assert verdict(IN, {"location": "europe-west3"}, "gcp:x", jurisdiction="") is Verdict.UNPROVEN


def constraint(name: str, **rule: Any) -> tuple[str, dict[str, Any]]:
    return POLICY, {"name": f"folders/1/policies/{name}", "spec": {"rules": [rule]}}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"values": {"allowedValues": ["in:eu-locations", "is:europe", "is:europe-west3"]}}, Verdict.PASSED),
        ({"values": {"allowedValues": ["in:eu-locations", "in:us-locations"]}}, Verdict.FAILED),
        ({"values": {"allowedValues": []}}, Verdict.FAILED),
        ({"allowAll": "TRUE", "values": {"allowedValues": ["in:eu-locations"]}}, Verdict.FAILED),
        ({"values": UNKNOWN}, Verdict.UNPROVEN),
    ],
)
def test_resource_locations(rule: dict[str, Any], expected: Verdict) -> None:
    case = stack(constraint("gcp.resourceLocations", **rule), kind="foundation")
    assert verdict("resource-locations-constraint", case) is expected


@pytest.mark.parametrize(
    "rule",
    ["resource-locations-constraint", "assured-workloads-regime", "cmek-and-services-constraints"],
)
def test_what_belongs_to_a_foundation(rule: str) -> None:
    profile = {"profile": "sovereign-eu"}
    assert verdict(rule, stack(kind="foundation", **profile)) is Verdict.FAILED
    assert verdict(rule, stack(kind="cell", **profile)) is Verdict.NOT_APPLICABLE
    assert verdict(rule, stack(**profile)) is Verdict.UNPROVEN


def test_profile_without_a_regime_asks_for_none() -> None:
    assert verdict("assured-workloads-regime", stack(kind="foundation")) is Verdict.NOT_APPLICABLE


def test_backups_of_a_replica_are_its_primarys() -> None:
    assert verdict("backup-location", {"masterInstanceName": "one"}) is Verdict.NOT_APPLICABLE
    assert verdict("backup-location", {"settings": {}}) is Verdict.NOT_APPLICABLE
    outside = {"settings": {"backupConfiguration": {"enabled": True, "location": "us"}}}
    assert verdict("backup-location", outside) is Verdict.FAILED


def test_a_stack_is_not_a_resource_with_locations() -> None:
    assert findings(IN, stack()) == []
    assert ROOT.startswith("pulumi:")


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        (WIRE_SECRET, Verdict.UNPROVEN),
        ([WIRE_SECRET], Verdict.UNPROVEN),
        (UNKNOWN, Verdict.UNPROVEN),
        (5, Verdict.FAILED),
        ("europe-west3", Verdict.FAILED),
        ([None], Verdict.FAILED),
        (["x"], Verdict.FAILED),
        ([5], Verdict.FAILED),
        (["europe-west3", "us-east1"], Verdict.FAILED),
        (["EUROPE-WEST3"], Verdict.PASSED),
    ],
)
def test_regions_of_a_topic_are_read(regions: Any, expected: Verdict) -> None:
    policy = {"allowedPersistenceRegions": regions, "enforceInTransit": True}
    assert verdict("topic-storage-policy", {"messageStoragePolicy": policy}) is expected


def test_a_secret_storage_policy_is_unproven() -> None:
    assert verdict("topic-storage-policy", {"messageStoragePolicy": WIRE_SECRET}) is Verdict.UNPROVEN


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        (WIRE_SECRET, Verdict.UNPROVEN),
        ([WIRE_SECRET], Verdict.UNPROVEN),
        ([{"location": WIRE_SECRET}], Verdict.UNPROVEN),
        (5, Verdict.FAILED),
        ("europe-west3", Verdict.FAILED),
        ([None], Verdict.FAILED),
        (["x"], Verdict.FAILED),
        ([{"location": 5}], Verdict.FAILED),
        ([{"location": "europe-west3"}], Verdict.PASSED),
    ],
)
def test_replicas_of_a_secret_are_read(replicas: Any, expected: Verdict) -> None:
    given = {"replication": {"userManaged": {"replicas": replicas}}}
    assert verdict("secret-replicas", given) is expected


def test_secret_replication_is_unproven() -> None:
    assert verdict("secret-replicas", {"replication": WIRE_SECRET}) is Verdict.UNPROVEN
