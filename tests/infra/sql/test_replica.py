from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from infra import profile
from infra.errors import ConfigError, ResidencyError
from infra.sql.replica import Replica, ReplicaArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

KEY = "projects/p/locations/{}/keyRings/riverside/cryptoKeys/clinical"
SECOND = replace(SITE, region="europe-west4")
ARGS = ReplicaArgs(
    SECOND,
    "riverside-2",
    "riverside",
    "europe-west3",
    "net",
    KEY.format("europe-west4"),
    profile.load("saas"),
    "europe-west3",
)
IDENTITY = ("databaseVersion", "encryptionKeyName", "name", "project", "region")
"""A change of one of these would replace the instance."""


def replica(args: ReplicaArgs = ARGS) -> dict[str, Any]:
    found = declare(lambda: {"host": Replica("r", args).host})
    assert found.outputs == {"host": "127.64.0.2"}
    assert found.one("DatabaseInstance").protect is args.site.protected
    return found.one("DatabaseInstance").inputs


def test_follows_the_primary_under_its_own_regions_key() -> None:
    made = replica()
    assert (made["instanceType"], made["masterInstanceName"]) == ("READ_REPLICA_INSTANCE", "riverside")
    assert (made["region"], made["encryptionKeyName"]) == ("europe-west4", KEY.format("europe-west4"))
    assert made["deletionProtection"] and made["settings"]["deletionProtectionEnabled"]
    assert "backupConfiguration" not in made["settings"]


def test_promotion_changes_its_role_and_nothing_that_would_replace_it() -> None:
    before, after = replica(), replica(replace(ARGS, promoted=True))
    assert after["instanceType"] == "CLOUD_SQL_INSTANCE" and "masterInstanceName" not in after
    assert after["settings"]["backupConfiguration"]["location"] == "europe-west3"
    assert after["settings"]["backupConfiguration"]["pointInTimeRecoveryEnabled"] is True
    assert {key: before[key] for key in IDENTITY} == {key: after[key] for key in IDENTITY}
    assert "replicaNames" not in after


def test_a_switchover_names_the_old_primary_as_its_replica() -> None:
    made = replica(replace(ARGS, promoted=True, switched_from="riverside"))
    assert made["replicaNames"] == ["riverside"]
    assert made["replicationCluster"] == {"failoverDrReplicaName": "riverside"}


def test_decommissioning_lifts_its_own_protection() -> None:
    lifted = replica(replace(ARGS, site=replace(SECOND, protected=False)))
    assert not lifted["deletionProtection"] and not lifted["settings"]["deletionProtectionEnabled"]


def test_the_primarys_region_is_refused() -> None:
    with pytest.raises(ConfigError, match="region of replica riverside-2: 'europe-west4' is not allowed"):
        replace(ARGS, primary_region="europe-west4")


def test_a_key_of_the_primarys_region_is_refused_even_when_known_late() -> None:
    wrong = KEY.format("europe-west3")
    with pytest.raises(ConfigError, match="allowed: a key in locations/europe-west4"):
        replace(ARGS, key=wrong)
    # Pulumi wraps what is raised while a value resolves.
    with pytest.raises(ValueError, match="allowed: a key in locations/europe-west4"):
        declare(lambda: Replica("r", replace(ARGS, key=pulumi.Output.from_input(wrong))) and None)


def test_backups_outside_the_jurisdiction_are_refused() -> None:
    with pytest.raises(ResidencyError, match="backups of replica riverside-2"):
        replace(ARGS, backup_region="us-central1")


def test_a_switchover_needs_a_promotion_and_the_edition_for_it() -> None:
    with pytest.raises(ConfigError, match="nothing until it is promoted"):
        replace(ARGS, switched_from="riverside")
    with pytest.raises(ConfigError, match="allowed: ENTERPRISE_PLUS"):
        small = replace(ARGS.profile, edition="ENTERPRISE")
        replace(ARGS, promoted=True, switched_from="riverside", profile=small)
