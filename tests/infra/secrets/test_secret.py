from __future__ import annotations

from infra.secrets.secret import Secret, SecretArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_one_region_own_key_no_value() -> None:
    found = declare(lambda: Secret("s", SecretArgs(SITE, "blind-index", "key", "serviceAccount:r")) and None)
    replica = {"location": "europe-west3", "customerManagedEncryption": {"kmsKeyName": "key"}}
    assert found.one("Secret").inputs["replication"] == {"userManaged": {"replicas": [replica]}}
    assert not found.of("SecretVersion")
    assert {each.inputs["role"] for each in found.of("SecretIamMember")} == {
        "roles/secretmanager.secretAccessor",
        "roles/secretmanager.secretVersionAdder",
    }
