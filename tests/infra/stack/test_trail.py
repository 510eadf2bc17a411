from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ResidencyError
from infra.organization.project import Project, ProjectArgs
from infra.site import Site
from infra.stack.trail import audit_bucket
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE


def trail(site: Site = SITE, locked: bool = True) -> Declared:
    def program() -> dict[str, object]:
        project = Project(
            "p", ProjectArgs("careplane-audit", ("logging",), ("logging",), folder="folders/77")
        )
        return {"id": audit_bucket("trail", site, project, locked, "Audit trail of all").id}

    return declare(program)


def test_a_locked_bucket_under_a_key_that_outlives_the_stack() -> None:
    found = trail()
    bucket = found.one("ProjectBucketConfig")
    assert bucket.inputs["locked"] is True and bucket.retained
    assert bucket.inputs["description"] == "Audit trail of all"
    key = found.one("CryptoKey", "trail-keys-audit")
    assert key.retained and key.inputs["versionTemplate"]["protectionLevel"] == "HSM"
    assert bucket.inputs["cmekSettings"]["kmsKeyName"].endswith("keyRings/audit/cryptoKeys/audit")


def test_logging_may_use_the_key_before_the_bucket_is_made() -> None:
    found = trail()
    grant = found.one("CryptoKeyIAMMember", "trail-key-logging")
    assert grant.retained
    assert f"{grant.type}::{grant.name}" in found.before(found.one("ProjectBucketConfig"))


def test_an_unlocked_one_goes_with_its_stack() -> None:
    assert not trail(locked=False).one("ProjectBucketConfig").retained


def test_a_region_outside_the_jurisdiction() -> None:
    with pytest.raises(ResidencyError, match="us-central1"):
        trail(replace(SITE, region="us-central1"))
