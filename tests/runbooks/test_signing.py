"""Signing by Cloud KMS, against its REST interface on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from runbooks import signing
from runbooks.errors import PackError
from tests.evidence.kms_server import KEY, Kms, serving


@pytest.fixture
def kms() -> Kms:
    return Kms()


@pytest.fixture
def endpoint(kms: Kms, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "token")
    with serving(kms) as url:
        yield url


def test_the_newest_enabled_version_signs_and_its_attestation_is_kept(kms: Kms, endpoint: str) -> None:
    found = signing.key(KEY, endpoint)
    assert found.signer.key == f"{KEY}/cryptoKeyVersions/10"
    assert found.about["protection_level"] == "HSM"
    assert found.about["attestation"]["content"] == "eA=="
    made = found.signer.sign_digest(bytes(32))
    kms.key.public_key().verify(made, bytes(32), ec.ECDSA(Prehashed(SHA256())))


def test_a_version_that_is_named_signs(kms: Kms, endpoint: str) -> None:
    name = f"{KEY}/cryptoKeyVersions/2"
    assert signing.key(name, endpoint).signer.key == name


def test_a_signature_that_does_not_fit_is_not_kept(kms: Kms, endpoint: str) -> None:
    kms.spoil = True
    with pytest.raises(PackError, match="does not fit its public key"):
        signing.key(KEY, endpoint).signer.sign_digest(bytes(32))


def test_a_key_without_an_enabled_version_is_refused(kms: Kms, endpoint: str) -> None:
    kms.versions = (("1", "DISABLED", "EC_SIGN_P256_SHA256"),)
    with pytest.raises(PackError, match="has no enabled version"):
        signing.key(KEY, endpoint)


def test_a_key_of_another_algorithm_is_refused(kms: Kms, endpoint: str) -> None:
    with pytest.raises(PackError, match="is for RSA_SIGN_PSS_2048_SHA256"):
        signing.key(f"{KEY}/cryptoKeyVersions/11", endpoint)


def test_no_cloud_kms_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "token")
    with pytest.raises(PackError, match="Cloud KMS does not answer at http"):
        signing.key(KEY, "http://127.0.0.1:9/")
