from __future__ import annotations

from dataclasses import replace

import pytest

from infra.delivery.attestor import Attestor, AttestorArgs
from infra.errors import ConfigError, ResidencyError
from tests.infra.delivery.arguments import KEY
from tests.infra.engine import declare
from tests.infra.sites import SITE

AGENT = "serviceAccount:service-1@gcp-sa-binaryauthorization.iam.gserviceaccount.com"
ARGS = AttestorArgs(SITE, "built", KEY, verifiers={"riverside": AGENT})


def test_the_public_key_is_known_by_the_id_that_signatures_carry() -> None:
    found = declare(lambda: {"id": (made := Attestor("a", ARGS)).id, "version": made.key_version})
    authority = found.one("binaryauthorization/attestor:Attestor").inputs["attestationAuthorityNote"]
    assert authority["noteReference"] == "built"
    assert authority["publicKeys"] == [
        {
            "id": f"//cloudkms.googleapis.com/v1/{KEY}/cryptoKeyVersions/1",
            "pkixPublicKey": {
                "publicKeyPem": "-----BEGIN PUBLIC KEY-----\n",
                "signatureAlgorithm": "EC_SIGN_P256_SHA256",
            },
        }
    ]
    assert found.outputs == {
        "id": "projects/careplane-cell/attestors/built",
        "version": f"{KEY}/cryptoKeyVersions/1",
    }


def test_other_projects_agents_may_verify_and_no_more() -> None:
    grant = declare(lambda: Attestor("a", ARGS) and None).one("AttestorIamMember").inputs
    assert (grant["role"], grant["member"]) == ("roles/binaryauthorization.attestorsVerifier", AGENT)


def test_a_new_version_of_the_key_is_named_as_such() -> None:
    found = declare(lambda: Attestor("a", replace(ARGS, version=2)) and None)
    keys = found.one("binaryauthorization/attestor:Attestor").inputs["attestationAuthorityNote"]["publicKeys"]
    assert keys[0]["id"].endswith("/cryptoKeyVersions/2")


def test_a_key_outside_the_jurisdiction_is_refused() -> None:
    with pytest.raises(ResidencyError, match="key of attestor built"):
        replace(ARGS, key=KEY.replace("europe-west3", "us-central1"))


def test_what_is_no_key_or_no_version_is_refused() -> None:
    with pytest.raises(ConfigError, match="a CryptoKey by full name"):
        replace(ARGS, key="attest")
    with pytest.raises(ConfigError, match="version: 0 is not allowed"):
        replace(ARGS, version=0)
