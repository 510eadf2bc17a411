from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.run.secret import SecretRef, check_files, refuse_plain, volume_name

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_PASSWORD", "medplum"),
        ("CLIENT_SECRET", "s3cr3t"),
        ("ADMIN_TOKEN", "abc"),
        ("ANYTHING", "-----BEGIN EC PRIVATE KEY-----\nMHcC"),
        ("ANYTHING", f"Bearer {JWT}"),
        ("ANYTHING", '{"type": "service_account", "private_key": "…"}'),
        ("DATABASE_URL", "postgresql://runtime:hunter2@10.0.0.5/riverside"),
        ("ANYTHING", "AIza" + "x" * 35),
    ],
)
def test_what_looks_like_a_secret_is_refused_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as refused:
        refuse_plain(name, value)
    assert refused.value.key == f"environment.{name}"
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAREPLANE_BLIND_INDEX_SECRET", "projects/p/secrets/riverside-blind-index"),
        ("CAREPLANE_TOKEN_KEY", "projects/p/locations/l/keyRings/r/cryptoKeys/token"),
        ("CAREPLANE_TOKEN_SECONDS", "300"),
        ("OPTIONAL_PASSWORD", ""),
        ("CAREPLANE_DATABASE_CA", "-----BEGIN CERTIFICATE-----\nMIIC"),
        ("CAREPLANE_BASE_URL", "https://riverside.example.org"),
    ],
)
def test_references_and_plain_settings_pass(name: str, value: str) -> None:
    assert refuse_plain(name, value) == value


def test_a_version_is_a_number_or_the_latest() -> None:
    assert SecretRef("projects/p/secrets/s").version == "latest"
    with pytest.raises(ConfigError, match="secret version: 'newest' is not allowed"):
        SecretRef("projects/p/secrets/s", "newest")


@pytest.mark.parametrize("path", ["key.pem", "/key.pem", "/secrets/../key.pem"])
def test_a_file_lies_below_a_folder_of_its_own(path: str) -> None:
    with pytest.raises(ConfigError, match=r"files: .* is not allowed; allowed: an absolute path"):
        check_files({path: SecretRef("s")})


def test_two_files_in_one_folder_are_refused() -> None:
    with pytest.raises(ConfigError, match="one file a folder"):
        check_files({"/secrets/a": SecretRef("s"), "/secrets/b": SecretRef("t")})


def test_a_volume_is_named_after_its_folder() -> None:
    assert volume_name("/secrets/TLS/key.pem") == "secrets-tls"
