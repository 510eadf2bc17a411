from __future__ import annotations

import pytest

from tests.infra.engine import Declared, declare_place, declare_stack


def foundation() -> Declared:
    return declare_place(("organization", "foundation"))["local-foundation"]


def test_google_itself_refuses_locations_outside() -> None:
    policy = foundation().one("Policy", "folder-gcp.resourceLocations")
    values = policy.inputs["spec"]["rules"][0]["values"]["allowedValues"]
    assert "in:europe-west3-locations" in values
    assert not [each for each in values if each.startswith("in:us")]


def test_google_itself_refuses_keys_public_addresses_and_object_lists() -> None:
    names = {each.name for each in foundation().of("Policy")}
    assert {
        "folder-iam.disableServiceAccountKeyCreation",
        "folder-sql.restrictPublicIp",
        "folder-storage.uniformBucketLevelAccess",
    } < names


def test_operators_have_an_access_level_by_name() -> None:
    level = foundation().one("AccessLevel", "operators")
    assert level.inputs["basic"]["conditions"] == [{"members": ["user:operator@careplane.test"]}]


def test_folder_outlives_the_stack_while_an_audit_trail_is_locked() -> None:
    upstream = {"local-organization": declare_stack("local-organization").outputs}
    assert declare_stack("local-foundation", upstream).one("Folder").retained
    unlocked = {"careplane:auditLocked": "false"}
    assert not declare_stack("local-foundation", upstream, unlocked).one("Folder").retained


@pytest.mark.parametrize("locked", ["true", "false"])
def test_workload_outlives_the_stack_while_an_audit_trail_is_locked(locked: str) -> None:
    """Found by the rehearsal of the eu place: its folder holds the trail's project, and cannot go."""
    place = declare_place(("organization", "foundation"), {}, "eu")
    upstream = {"eu-organization": place["eu-organization"].outputs}
    found = declare_stack("eu-foundation", upstream, {"careplane:auditLocked": locked})
    assert found.one("Workload").retained is (locked == "true")
