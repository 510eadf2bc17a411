"""Signed by Cloud KMS, verified without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence import signature
from policies.errors import SigningError
from policies.signing import GOOGLE, address, signer
from tests.evidence.kms_server import KEY, Kms, serving


@pytest.fixture
def kms() -> Kms:
    return Kms()


@pytest.fixture
def endpoint(kms: Kms, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "a-token")
    with serving(kms) as url:
        yield url


def test_the_newest_enabled_version_signs_and_the_pack_holds(kms: Kms, endpoint: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    signature.seal(tmp_path, {"pack": "test"}, signer(KEY, endpoint))
    assert signature.verify(tmp_path, kms.pem()) == f"{KEY}/cryptoKeyVersions/10"
    assert set(kms.tokens) == {"Bearer a-token"}


def test_a_version_that_is_named_signs(endpoint: str) -> None:
    assert signer(f"{KEY}/cryptoKeyVersions/2", endpoint).key.endswith("/2")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("evidence", "is no name of a Cloud KMS key; allowed: projects/P/locations/L"),
        (f"{KEY}/../x", "is no name of a Cloud KMS key"),
        (f"{KEY}/cryptoKeyVersions/11", "is for RSA_SIGN_PSS_2048_SHA256; EC_SIGN_P256_SHA256 is needed"),
        (f"{KEY}/cryptoKeyVersions/99", "404: key is not there"),
        ("projects/p/locations/l/keyRings/r/cryptoKeys/other", "404: key is not there"),
    ],
)
def test_a_key_that_cannot_sign_is_refused(endpoint: str, key: str, said: str) -> None:
    with pytest.raises(SigningError, match=said):
        signer(key, endpoint)


def test_a_key_without_an_enabled_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "a-token")
    with serving(Kms((("1", "DESTROYED", "EC_SIGN_P256_SHA256"),))) as url:
        with pytest.raises(SigningError, match="has no enabled version of EC_SIGN_P256_SHA256"):
            signer(KEY, url)


def test_a_signature_that_does_not_fit_is_refused(kms: Kms, endpoint: str) -> None:
    kms.spoil = True
    with pytest.raises(SigningError, match="made a signature that does not fit its public key"):
        signer(KEY, endpoint).sign_digest(b"x" * 32)


def test_no_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "a-token")
    with serving(Kms()) as url:
        pass
    with pytest.raises(SigningError, match="Cloud KMS does not answer at http"):
        signer(KEY, url)


def test_where_cloud_kms_answers(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.a-cell.yaml").write_text(
        "config: {'gcp:kmsCustomEndpoint': 'http://127.0.0.1:1/v1/'}"
    )
    (tmp_path / "Pulumi.b-cell.yaml").write_text("config: {}")
    assert address(["none", "b-cell"], {}, tmp_path) == GOOGLE
    assert address(["b-cell", "a-cell"], {}, tmp_path) == "http://127.0.0.1:1/v1/"
    assert address(["a-cell"], {"GOOGLE_KMS_CUSTOM_ENDPOINT": "http://x/"}, tmp_path) == "http://x/"
