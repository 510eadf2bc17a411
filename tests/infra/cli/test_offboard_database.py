from __future__ import annotations

from pathlib import Path
from typing import Any

from infra.cli.offboard_database import release
from tests.infra.cli.fake_pulumi import FakePulumi

INSTANCE = {
    "urn": "u::i",
    "type": "gcp:sql/databaseInstance:DatabaseInstance",
    "outputs": {"name": "riverside"},
}
DATABASE = {"urn": "u::d", "type": "gcp:sql/database:Database", "inputs": {"instance": "riverside"}}
USER = {"urn": "u::u", "type": "gcp:sql/user:User", "inputs": {"instance": "riverside"}}
ELSEWHERE = {"urn": "u::e", "type": "gcp:sql/user:User", "inputs": {"instance": "audit"}}
BUCKET = {"urn": "u::b", "type": "gcp:storage/bucket:Bucket"}


def engine(tmp_path: Path, *resources: dict[str, Any]) -> FakePulumi:
    return FakePulumi(tmp_path, states={"s": list(resources)})


def test_what_is_in_an_instance_of_its_own_goes_with_it(tmp_path: Path) -> None:
    pulumi = engine(tmp_path, INSTANCE, DATABASE, USER, BUCKET, ELSEWHERE)
    assert release(pulumi, "s") == 2
    kept = [each["urn"] for each in pulumi.states["s"] if each.get("retainOnDelete")]
    assert kept == ["u::d", "u::u"]
    assert release(pulumi, "s") == 0 and len(pulumi.commands) == 1


def test_on_a_pooled_instance_they_are_dropped_one_by_one(tmp_path: Path) -> None:
    pulumi = engine(tmp_path, DATABASE, USER)
    assert release(pulumi, "s") == 0
    assert pulumi.states["s"] == [DATABASE, USER] and pulumi.commands == []
