from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.delivery.admission import Admission, AdmissionArgs
from infra.errors import ConfigError
from tests.infra.delivery.arguments import IMAGES
from tests.infra.engine import declare
from tests.infra.sites import SITE

BUILT = "projects/careplane-cell/attestors/built"
ARGS = AdmissionArgs(SITE, (BUILT,))


def policy(args: AdmissionArgs = ARGS) -> dict[str, Any]:
    found = declare(lambda: Admission("a", args) and None).one("binaryauthorization/policy:Policy")
    assert found.protect is args.site.protected
    return found.inputs


def test_only_attested_images_run() -> None:
    made = policy()
    assert made["defaultAdmissionRule"] == {
        "evaluationMode": "REQUIRE_ATTESTATION",
        "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG",
        "requireAttestationsBies": [BUILT],
    }
    assert "admissionWhitelistPatterns" not in made


def test_a_roll_out_logs_first() -> None:
    rule = policy(replace(ARGS, enforced=False))["defaultAdmissionRule"]
    assert (rule["evaluationMode"], rule["enforcementMode"]) == (
        "REQUIRE_ATTESTATION",
        "DRYRUN_AUDIT_LOG_ONLY",
    )


def test_an_exemption_is_one_image_by_digest() -> None:
    made = policy(replace(ARGS, exempt=(IMAGES.gcloud,)))
    assert made["admissionWhitelistPatterns"] == [{"namePattern": IMAGES.gcloud}]
    with pytest.raises(ConfigError, match="exempt"):
        replace(ARGS, exempt=("europe-west3-docker.pkg.dev/careplane-cell/*",))


def test_a_policy_without_attestors_is_refused() -> None:
    with pytest.raises(ConfigError, match="attestors: nothing was given"):
        AdmissionArgs(SITE, ())
