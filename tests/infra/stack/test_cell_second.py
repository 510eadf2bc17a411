from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from tests.infra.engine import Declared
from tests.infra.stack.parts import cell_config

SHARED = (
    "IAMAuditConfig",
    "Network",
    "ServicePerimeter",
    "SharedVPCHostProject",
    "organizations/project:Project",
    "projects/service:Service",
    "serviceaccount/account:Account",
)
"""What the first site makes for both."""


def test_projects_network_perimeter_and_administrator_are_the_first_sites(us: dict[str, Declared]) -> None:
    for kind in SHARED:
        assert us["us-cell"].of(kind), kind
        assert not us["us-cell-2"].of(kind), kind
    first, second = us["us-cell"].outputs, us["us-cell-2"].outputs
    for key in ("network", "perimeter", "project", "sqlAdministrator"):
        assert second[key] == first[key], key
    assert first["locations"] == list(reversed(second["locations"])) == ["us-central1", "us-east4"]
    for name, project in first["projects"].items():
        assert second["projects"][name]["number"] == project["number"]
        assert second["projects"][name]["agents"].items() <= project["agents"].items()


def test_a_subnetwork_with_its_own_range_that_dedicated_tenants_may_use(us: dict[str, Declared]) -> None:
    subnet = us["us-cell-2"].one("Subnetwork").inputs
    first = us["us-cell"].one("Subnetwork").inputs
    assert (subnet["region"], subnet["ipCidrRange"]) == ("us-east4", "10.12.0.0/20")
    assert subnet["network"] == us["us-cell"].outputs["network"]
    assert subnet["name"] != first["name"] and subnet["ipCidrRange"] != first["ipCidrRange"]
    user = us["us-cell-2"].one("SubnetworkIAMMember").inputs
    assert user["member"] == us["us-cell"].outputs["projects"]["riverside"]["agents"]["run"]


def test_audit_trail_is_carried_to_a_bucket_of_its_own_region_too(us: dict[str, Declared]) -> None:
    assert us["us-cell-2"].one("ProjectBucketConfig").inputs["location"] == "us-east4"
    sinks = {
        (each.inputs["project"], each.inputs["name"])
        for name in ("us-cell", "us-cell-2")
        for each in us[name].of("ProjectSink")
    }
    assert sinks == {
        (project, name)
        for project in ("careplane-us-cell", "careplane-us-riverside")
        for name in ("audit", "audit-virginia")
    }


def test_neither_sites_right_to_write_its_trail_goes_with_the_others(us: dict[str, Declared]) -> None:
    """All sinks of a project write as one identity: a grant made twice would go at the first destroy."""
    grants = [
        (each.inputs["member"], each.inputs["condition"]["expression"])
        for name in ("us-cell", "us-cell-2")
        for each in us[name].of("projects/iAMMember:IAMMember")
        if each.inputs["role"] == "roles/logging.bucketWriter"
    ]
    assert grants == [
        (
            "serviceAccount:sink@careplane-us-riverside",
            f'resource.name.endsWith("locations/{at}/buckets/audit")',
        )
        for at in ("us-central1", "us-east4")
    ], "one each, and none for the project that the buckets lie in"


def test_nothing_of_the_second_site_has_the_name_of_the_firsts(us: dict[str, Declared]) -> None:
    """Both stand in one project: what a project holds once must be named apart."""

    def named(stack: str) -> set[tuple[str, ...]]:
        return {
            (each.type, str(each.inputs.get("project")), *where(each.inputs), str(each.inputs["name"]))
            for each in us[stack].resources
            if each.type.startswith("gcp:") and "name" in each.inputs and "IAMMember" not in each.type
        }

    for one, other in (
        ("us-cell", "us-cell-2"),
        ("us-tenant-riverside", "us-tenant-riverside-2"),
        ("us-tenant-lakeside", "us-tenant-lakeside-2"),
    ):
        assert named(one) and not named(one) & named(other), one


def where(inputs: dict[str, Any]) -> tuple[str, ...]:
    keys = ("dataset", "instance", "keyRing", "location", "managedZone", "region")
    return tuple(str(inputs.get(key)) for key in keys)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"pairedSite": None}, "pairedSite"),
        ({"pairedRegion": None}, "pairedRegion"),
        ({"pairedRegion": "us-east4"}, "pairedRegion"),
        ({"subnet": "10.12.0.1/20"}, "subnet"),
    ],
)
def test_a_pair_that_is_not_said_in_full(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        cell_config("us-cell-2", **changes)
