from __future__ import annotations

from typing import Any

from infra.cli.survivors import Survivor, protected, survivors


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "deployment": {
            "resources": [{"custom": True, "urn": f"urn::{each['id']}", **each} for each in resources]
        }
    }


def test_rings_locked_and_retained_things_survive() -> None:
    found = survivors(
        state(
            {"type": "gcp:kms/keyRing:KeyRing", "id": "ring"},
            {
                "type": "gcp:logging/projectBucketConfig:ProjectBucketConfig",
                "id": "audit",
                "retainOnDelete": True,
            },
            {"type": "gcp:pubsub/topic:Topic", "id": "topic"},
        )
    )
    assert [each.id for each in found] == ["ring", "audit"]
    assert isinstance(found[0], Survivor) and "Google deletes no key ring" in found[0].why


def test_an_instance_with_a_final_backup_leaves_that() -> None:
    final = {"settings": {"finalBackupConfig": {"enabled": True, "retentionDays": 365}}}
    kind = "gcp:sql/databaseInstance:DatabaseInstance"
    found = survivors(
        state(
            {"type": kind, "id": "audit", "inputs": final},
            {"type": kind, "id": "riverside", "inputs": {"settings": {"edition": "ENTERPRISE"}}},
        )
    )
    assert [(each.id, each.why) for each in found] == [
        ("audit", "deleted; its final backup can be restored for 365 days")
    ]


def test_an_empty_stack_leaves_nothing() -> None:
    assert survivors({"deployment": {}}) == []


def test_protected_names() -> None:
    assert protected(state({"type": "t", "id": "a", "protect": True}, {"type": "t", "id": "b"})) == ["a"]
