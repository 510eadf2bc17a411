"""A pack verifies as made, and any change to it is found and named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.__main__ import main
from evidence.errors import EvidenceError
from evidence.manifest import NAME, SIGNATURE, build
from evidence.redaction import refuse_canaries
from evidence.signature import Signer, sign, verify, verify_manifest


def signer() -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Signer("keys/evidence/1", pem, lambda digest: key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    (folder / "journal.json").write_text('{"verdict": "passed"}')
    (folder / "logs").mkdir()
    (folder / "logs" / "a.txt").write_text("written 12")
    build(folder, {"drill": "tenant-pitr"})
    sign(folder, signer())
    return folder


def test_pack_verifies_as_made(pack: Path) -> None:
    assert verify(pack) == "keys/evidence/1"
    assert main(["verify", str(pack)]) == 0


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_flipped_byte_is_found(pack: Path, data: st.DataObject) -> None:
    path = pack / data.draw(st.sampled_from(["journal.json", "logs/a.txt", NAME]))
    raw = path.read_bytes()
    at = data.draw(st.integers(0, len(raw) - 1))
    try:
        path.write_bytes(raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :])
        with pytest.raises(EvidenceError):
            verify(pack)
    finally:
        path.write_bytes(raw)


def test_missing_and_added_files_are_named(pack: Path, tmp_path: Path) -> None:
    extra = pack / "extra.txt"
    extra.write_text("x")
    try:
        with pytest.raises(EvidenceError, match=r"extra\.txt: is not in the manifest"):
            verify(pack)
    finally:
        extra.unlink()
    with pytest.raises(EvidenceError, match=NAME):
        verify(tmp_path)


def test_another_key_is_refused(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_text(signer().public_pem)
    assert main(["verify", str(pack), "--key", str(tmp_path / "other.pem")]) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"public_key": 7, "signature": "x"}'])
def test_broken_signature_file_is_refused(pack: Path, content: str) -> None:
    path = pack / SIGNATURE
    raw = path.read_bytes()
    try:
        path.write_text(content)
        with pytest.raises(EvidenceError, match=SIGNATURE):
            verify(pack)
    finally:
        path.write_bytes(raw)


def test_seeded_patient_data_is_found_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "journal.json").write_text(json.dumps({"note": "Zyxwv, Canary"}))
    with pytest.raises(EvidenceError, match=r"journal\.json") as caught:
        refuse_canaries(tmp_path, ["Zyxwv"])
    assert "Zyxwv" not in str(caught.value)


def test_bad_usage_exits_2(tmp_path: Path) -> None:
    assert main(["verify", str(tmp_path / "none")]) == 2


def test_the_manifest_alone_is_verified_whatever_became_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    build(tmp_path, {})
    sign(tmp_path, signer())
    (tmp_path / "a").unlink()
    assert verify_manifest(tmp_path) == "keys/evidence/1"
    (tmp_path / NAME).write_bytes(b"{}")
    with pytest.raises(EvidenceError, match="does not fit"):
        verify_manifest(tmp_path)
    (tmp_path / NAME).unlink()
    with pytest.raises(EvidenceError, match=r"manifest\.json: is missing"):
        verify_manifest(tmp_path)


def test_a_signature_that_names_no_key_is_refused(pack: Path) -> None:
    path = pack / SIGNATURE
    raw = path.read_bytes()
    try:
        path.write_text(json.dumps({k: v for k, v in json.loads(raw).items() if k != "key"}))
        with pytest.raises(EvidenceError, match=SIGNATURE):
            verify(pack)
    finally:
        path.write_bytes(raw)
