from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from infra.cli import offboard_archive
from infra.cli.offboard_archive import Archive
from infra.cli.offboard_cipher import CHUNK, Opened, Sealed, Unreadable, recipient, unlock
from infra.errors import ConfigError

Private = X25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def pair(folder: Path, key: Private, name: str = "recipient") -> tuple[Path, Path]:
    """Files of a key pair: public, private."""
    public, private = folder / f"{name}.pub", folder / f"{name}.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return public, private


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("kind", ["x25519", "rsa"])
@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_what_was_sealed_is_read_with_the_private_key(
    tmp_path: Path, rsa_key: rsa.RSAPrivateKey, kind: str, size: int
) -> None:
    public, private = pair(tmp_path, rsa_key if kind == "rsa" else X25519PrivateKey.generate())
    text = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    with Sealed(tmp_path / "sealed", recipient(public)) as sealed:
        sealed.write(text)
    opened = Opened(tmp_path / "sealed", unlock(tmp_path / "sealed", private))
    assert opened.read(size + 1) == text


def test_another_key_does_not_open_it(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    public, _ = pair(tmp_path, X25519PrivateKey.generate())
    with Sealed(tmp_path / "sealed", recipient(public)):
        pass
    for other in (X25519PrivateKey.generate(), rsa_key):
        with pytest.raises(Unreadable, match="does not open it"):
            unlock(tmp_path / "sealed", pair(tmp_path, other, "other")[1])


@pytest.fixture
def archive(tmp_path: Path) -> tuple[Path, bytes]:
    """An export of three chunks, and its data key."""
    public, _ = pair(tmp_path, X25519PrivateKey.generate())
    with Sealed(tmp_path / "export", recipient(public)) as sealed:
        made = Archive(sealed)
        made.add("fhir/Patient-00001.ndjson", b'{"id":"1"}\n{"id":"2"}\n', 2)
        made.add("documents/000001", b"d" * 2 * CHUNK)
        made.close({"tenant": "lakeside"})
    return tmp_path / "export", sealed.data_key


def test_plain_text_is_not_in_the_file(archive: tuple[Path, bytes]) -> None:
    assert b'"id"' not in archive[0].read_bytes() and b"dddd" not in archive[0].read_bytes()


def test_an_archive_is_as_its_manifest_says_and_can_be_kept(
    archive: tuple[Path, bytes], tmp_path: Path
) -> None:
    manifest = offboard_archive.verify(*archive, tmp_path / "out")
    assert manifest["tenant"] == "lakeside" and [each["lines"] for each in manifest["entries"]] == [2, 0]
    assert (tmp_path / "out" / "fhir" / "Patient-00001.ndjson").read_text().count("\n") == 2


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda raw: raw[:-1], id="cut"),
        pytest.param(lambda raw: raw[: raw.index(b"\n") + 1 + CHUNK + 16], id="without its last chunks"),
        pytest.param(lambda raw: raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:], id="a bit"),
        pytest.param(lambda raw: raw.replace(b"AES-256-GCM", b"AES-256-gcm", 1), id="its header"),
        pytest.param(lambda raw: raw + raw[-100:], id="longer"),
    ],
)
def test_a_damaged_archive_is_unreadable(archive: tuple[Path, bytes], damage: object) -> None:
    path, key = archive
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Unreadable):
        offboard_archive.verify(path, key)


def test_an_entry_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    public, _ = pair(tmp_path, X25519PrivateKey.generate())
    with Sealed(tmp_path / "export", recipient(public)) as sealed:
        made = Archive(sealed)
        made.add("fhir/Patient-00001.ndjson", b"{}\n", 1)
        made.entries.clear()
        made.close({})
    with pytest.raises(Unreadable, match="not those of its manifest"):
        offboard_archive.verify(tmp_path / "export", sealed.data_key)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside"])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    public, _ = pair(tmp_path, X25519PrivateKey.generate())
    with Sealed(tmp_path / "export", recipient(public)) as sealed:
        made = Archive(sealed)
        made.add(name, b"x")
        made.close({})
    with pytest.raises(Unreadable, match="outside"):
        offboard_archive.verify(tmp_path / "export", sealed.data_key, tmp_path / "out")


def test_keys_that_nothing_may_be_encrypted_to(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no key")
    short = pair(tmp_path, rsa.generate_private_key(65537, 1024), "short")[0]
    signing = pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), "signing")[0]
    for path in (tmp_path / "none", tmp_path / "text", short, signing):
        with pytest.raises(ConfigError, match="X25519"):
            recipient(path)
