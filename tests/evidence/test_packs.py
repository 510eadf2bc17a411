"""A pack verifies as made, and any change to it is found and named."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.__main__ import main
from evidence.errors import EvidenceError
from evidence.manifest import NAME, SIGNATURE, unfinished
from evidence.redaction import refuse_canaries
from evidence.signature import Signer, seal, verify, verify_manifest


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
    seal(folder, {"drill": "tenant-pitr"}, signer())
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
    seal(tmp_path, {}, signer())
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


def _alone(tmp_path: Path, by: Signer | None = None) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "a").write_text("1")
    seal(folder, {}, by)
    return folder


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\x00", b"hello", b"-----BEGIN PUBLIC KEY-----\n"])
def test_a_key_file_without_a_key_pins_nothing_and_is_named(
    pack: Path, tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trusted.pem").write_bytes(content)
    assert main(["verify", str(pack), "--key", str(tmp_path / "trusted.pem")]) == 2
    assert "trusted.pem: is " in capsys.readouterr().err


def test_no_key_is_not_the_same_as_an_empty_one(pack: Path) -> None:
    with pytest.raises(EvidenceError, match="is no public key of EC P-256"):
        verify(pack, "")


def test_another_curve_is_no_key_to_trust_or_to_sign_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    other = Signer("k", pem, lambda digest: key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
    (tmp_path / "k.pem").write_text(pem)
    assert main(["verify", str(_alone(tmp_path, other))]) == 1
    assert main(["verify", str(tmp_path / "own"), "--key", str(tmp_path / "k.pem")]) == 2
    assert "k.pem: is no public key of EC P-256" in capsys.readouterr().err


def test_a_pipe_as_the_key_is_refused_and_not_waited_for(pack: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main(["verify", str(pack), "--key", str(tmp_path / "pipe")]) == 2


@pytest.mark.parametrize("kind", ["link", "pipe", "folder link", "manifest link"])
def test_what_is_no_regular_file_is_refused(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _alone(tmp_path)
    odd = folder / "a"
    if kind == "pipe":
        odd.unlink()
        os.mkfifo(odd)
    elif kind == "folder link":
        (folder / "away").symlink_to(tmp_path)
    else:
        odd = folder / NAME if kind == "manifest link" else odd
        odd.rename(tmp_path / "moved")
        odd.symlink_to(tmp_path / "moved")
    assert main(["verify", str(folder)]) == 1
    said = capsys.readouterr().out
    assert (
        "is missing or is no manifest" in said
        if kind == "manifest link"
        else "a pack holds files only" in said
    )


HOSTILE = {
    "deep": b"[" * 200_000,
    "not a number": b'{"files": {}, "version": NaN}',
    "twice": b'{"files": {"a": "x"}, "files": {}}',
    "a list": b"[]",
    "files a list": b'{"files": []}',
    "subject a list": b'{"files": {}, "subject": [1]}',
    "bytes": b"\xff",
}


@pytest.mark.parametrize("name", [NAME, SIGNATURE])
@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_json_does_not_hold(
    tmp_path: Path, name: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _alone(tmp_path, signer())
    (folder / name).write_bytes(HOSTILE[kind])
    assert main(["verify", str(folder)]) == 1
    assert name in capsys.readouterr().out


def test_what_nobody_authenticated_is_printed_visibly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = signer()
    hostile = Signer("k\x1b[2J\u202e\ud800", made.public_pem, made.sign_digest)
    folder = _alone(tmp_path, hostile)
    assert main(["verify", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "k\\u{1b}[2J\\u{202e}\\u{d800}" in said
    der = load_pem_public_key(made.public_pem.encode()).public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    assert hashlib.sha256(der).hexdigest() in said
    (folder / "x\x1b[2J").write_text("x")
    assert main(["verify", str(folder)]) == 1
    assert "x\\u{1b}[2J: is not in the manifest" in capsys.readouterr().out


def test_an_unsigned_pack_holds_unless_somebody_must_have_signed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _alone(tmp_path)
    assert main(["verify", str(folder)]) == 0
    assert "unsigned: every hash fits; nothing says who made it" in capsys.readouterr().out
    assert main(["verify", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["signed"] is False
    (tmp_path / "k.pem").write_text(signer().public_pem)
    assert main(["verify", str(folder), "--key", str(tmp_path / "k.pem")]) == 1


def test_a_name_that_is_no_text_gets_no_manifest(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("x")
    with pytest.raises(EvidenceError, match="is no text in UTF-8"):
        seal(tmp_path, {}, None)


def test_a_manifest_of_a_run_that_was_cut_off_never_holds(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    unfinished(tmp_path, {}, {"a"})
    with pytest.raises(EvidenceError, match="a: was being replaced when the run"):
        verify(tmp_path)
