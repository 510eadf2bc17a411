from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pulumi
import pytest

from infra.errors import ConfigError, ResidencyError
from infra.secrets.secret import Rotation, Secret, SecretArgs
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

ARGS = SecretArgs(SITE, "blind-index", "key", "serviceAccount:r")
ROTATION = Rotation(90, "projects/careplane-cell/topics/rotation", datetime(2027, 1, 1, tzinfo=UTC))


def secret(**changes: object) -> Declared:
    return declare(lambda: Secret("s", replace(ARGS, **changes)) and None)  # type: ignore[arg-type]


def test_one_region_own_key_no_value() -> None:
    found = secret()
    replica = {"location": "europe-west3", "customerManagedEncryption": {"kmsKeyName": "key"}}
    inputs = found.one("Secret").inputs
    assert inputs["replication"] == {"userManaged": {"replicas": [replica]}}
    assert not {"rotation", "topics", "versionDestroyTtl"} & set(inputs)
    assert not found.of("SecretVersion")
    assert {each.inputs["role"] for each in found.of("SecretIamMember")} == {
        "roles/secretmanager.secretAccessor",
        "roles/secretmanager.secretVersionAdder",
    }


def test_each_replica_has_the_key_of_its_location() -> None:
    replication = secret(replicas={"EUROPE-WEST4": "other"}).one("Secret").inputs["replication"]
    found = {
        each["location"]: each["customerManagedEncryption"]["kmsKeyName"]
        for each in replication["userManaged"]["replicas"]
    }
    assert found == {"europe-west3": "key", "europe-west4": "other"}


def test_rotation_is_asked_for_on_a_topic() -> None:
    inputs = secret(rotation=ROTATION, version_destroy_days=30).one("Secret").inputs
    assert inputs["rotation"] == {"rotationPeriod": "7776000s", "nextRotationTime": "2027-01-01T00:00:00Z"}
    assert inputs["topics"] == [{"name": "projects/careplane-cell/topics/rotation"}]
    assert inputs["versionDestroyTtl"] == "2592000s"


@pytest.mark.parametrize(
    ("rotation", "ignored"),
    [
        (ROTATION, ["rotation.nextRotationTime"]),
        (replace(ROTATION, restart=True), None),
        (None, None),
    ],
)
def test_what_google_moves_on_is_ignored(rotation: Rotation | None, ignored: list[str] | None) -> None:
    """Or the preview after each rotation would set the next one back to the first."""
    seen: dict[str, Any] = {}

    def keep(args: pulumi.ResourceTransformationArgs) -> None:
        seen[args.type_] = args.opts.ignore_changes

    opts = pulumi.ResourceOptions(transformations=[keep])
    declare(lambda: Secret("s", replace(ARGS, rotation=rotation), opts) and None)
    assert seen["gcp:secretmanager/secret:Secret"] == ignored


def test_first_rotation_is_one_period_from_today_and_in_utc() -> None:
    first = datetime.fromisoformat(Rotation(30, "t").first_time)
    assert timedelta(days=29) < first - datetime.now(UTC) <= timedelta(days=30)
    noon = datetime(2027, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert Rotation(30, "t", noon).first_time == "2027-01-01T10:00:00Z"


def test_an_owner_that_only_reads() -> None:
    grant = secret(owner_roles=("secretAccessor",)).one("SecretIamMember")
    assert grant.inputs["role"] == "roles/secretmanager.secretAccessor"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"owner_roles": ("admin",)}, "owner_roles: 'admin' is not allowed; allowed: secretAccessor, "),
        ({"replicas": {"europe-west3": "key"}}, "replicas: 'europe-west3' is not allowed"),
        (
            {"version_destroy_days": 1001},
            "version_destroy_days: 1001 is not allowed; allowed: 1 to 1000 days",
        ),
        ({"version_destroy_days": -1}, "version_destroy_days"),
    ],
)
def test_refused(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        secret(**changes)


@pytest.mark.parametrize("days", [0, 366])
def test_a_period_out_of_range(days: int) -> None:
    with pytest.raises(ConfigError, match="1 to 365 days"):
        Rotation(days, "t")


def test_a_time_without_its_zone() -> None:
    with pytest.raises(ConfigError, match="a time with its time zone"):
        Rotation(90, "t", datetime(2027, 1, 1))


def test_a_replica_outside_the_jurisdiction() -> None:
    with pytest.raises(ResidencyError, match="us-east1"):
        secret(replicas={"us-east1": "other"})
