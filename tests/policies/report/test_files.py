"""A report's files lie in a folder whole or not at all, listed and signed; verify names what was changed."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import jsonschema
import pytest

from evidence import manifest, signature
from evidence.signature import Signer
from policies.cli import main
from policies.errors import PolicyError
from policies.report import files
from policies.result import Report
from tests.policies.report.reports import covered, every_verdict, signer

SCHEMA = json.loads((Path(files.__file__).parent / "report.schema.json").read_text())
SMALL = ("html", "json", "markdown")


@pytest.fixture(scope="module")
def of() -> Report:
    return every_verdict()


@pytest.fixture
def key() -> Signer:
    return signer()


@pytest.fixture
def signed(of: Report, key: Signer, tmp_path: Path) -> Path:
    files.write(of, covered(of), tmp_path / "out", SMALL, key)
    return tmp_path / "out"


def pem(key: Signer, tmp_path: Path) -> str:
    (tmp_path / "key.pem").write_text(key.public_pem)
    return str(tmp_path / "key.pem")


def test_every_format_is_written_and_listed(of: Report, tmp_path: Path) -> None:
    assert files.write(of, covered(of), tmp_path / "out") == []
    listed = manifest.check(tmp_path / "out")
    assert {name.split("/")[0] for name in listed["files"]} == {name for _, name in files.FORMATS.values()}
    assert sum(name.startswith("oscal/") for name in listed["files"]) == 7


def test_the_manifest_names_what_was_judged(signed: Path) -> None:
    about = manifest.read(signed)["subject"]
    assert about["stacks"] == {"eu-tenant-a": "ab" * 32}
    assert (about["profile"], about["pack_version"], about["judged_at"]) == (
        "saas", "0.1.0", "2026-11-25T14:00:00+00:00",
    )  # fmt: skip
    assert about["commit"].startswith("0123")


def test_json_matches_its_schema_and_has_coverage(signed: Path) -> None:
    report = json.loads((signed / "report.json").read_text())
    jsonschema.validate(report, SCHEMA)
    assert report["coverage"]["hipaa"]["numbers"]["controls"] == len(report["coverage"]["hipaa"]["controls"])


def test_a_signed_report_verifies_whole_and_file_by_file(
    signed: Path, key: Signer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(signed), "--key", pem(key, tmp_path)]) == 0
    assert main(["verify", str(signed / "report.html")]) == 0
    said = capsys.readouterr().out
    assert key.key in said and "pin it with --key" in said and "eu-tenant-a" in said


def test_one_file_can_be_checked_without_the_others(signed: Path, tmp_path: Path) -> None:
    alone = tmp_path / "mail"
    alone.mkdir()
    for name in ("report.html", manifest.NAME, manifest.SIGNATURE):
        (alone / name).write_bytes((signed / name).read_bytes())
    assert main(["verify", str(alone / "report.html")]) == 0
    assert main(["verify", str(alone)]) == 1


@pytest.mark.parametrize("name", ["report.html", "report.json", manifest.NAME])
@pytest.mark.parametrize("whole", [True, False])
def test_a_flipped_byte_is_found_and_named(
    signed: Path, name: str, whole: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    path = signed / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    asked = signed if whole else signed / ("report.html" if name == manifest.NAME else name)
    assert main(["verify", str(asked), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    expected = {name} if name != manifest.NAME else {manifest.NAME, manifest.SIGNATURE, "report.html"}
    assert told["holds"] is False and told["file"] in expected


@pytest.mark.parametrize("asked", ["", "report.md"])
def test_a_missing_file_is_named(signed: Path, asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    (signed / "report.md").unlink()
    assert main(["verify", str(signed / asked)]) == 1
    assert "report.md: is missing" in capsys.readouterr().out


def test_a_foreign_signature_is_named(
    signed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(signed), "--key", pem(signer("theirs"), tmp_path)]) == 1
    assert f"{manifest.SIGNATURE}: does not fit" in capsys.readouterr().out


def test_a_file_beside_the_report_is_named(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (signed / "extra.html").write_text("x")
    assert main(["verify", str(signed)]) == 1
    assert main(["verify", str(signed / "extra.html")]) == 1
    assert capsys.readouterr().out.count("extra.html: is not in the manifest") == 2


def test_an_unsigned_report_holds_unless_a_key_is_asked_for(
    of: Report, key: Signer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    files.write(of, (), out, SMALL)
    assert main(["verify", str(out)]) == main(["verify", str(out / "report.html")]) == 0
    said = capsys.readouterr().out
    assert "unsigned: every hash fits; nothing says who made it (report --sign KEY signs)" in said
    assert main(["verify", str(out), "--key", pem(key, tmp_path)]) == 1
    (out / "report.md").write_text("x")
    assert main(["verify", str(out)]) == 1


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"no key"])
def test_a_key_file_that_is_none_pins_nothing_and_is_named(
    signed: Path, tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trusted.pem").write_bytes(content)
    assert main(["verify", str(signed), "--key", str(tmp_path / "trusted.pem")]) == 2
    assert "trusted.pem: is " in capsys.readouterr().err


def test_a_subject_that_nobody_signed_is_shown_visibly(
    tmp_path: Path, key: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = Signer("k\x1b[2J\ud800", key.public_pem, key.sign_digest)
    (tmp_path / "out").mkdir()
    signature.seal(tmp_path / "out", {"a\x1b[2J": {"\u202e": 1}}, hostile)
    assert main(["verify", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\u202e" not in said and "SHA-256" in said


@pytest.mark.parametrize("about", [b"[1]", b"NaN", b"[" * 200_000])
def test_a_hostile_subject_does_not_hold(tmp_path: Path, about: bytes) -> None:
    (tmp_path / manifest.NAME).write_bytes(b'{"files": {}, "version": 1, "subject": ' + about + b"}")
    assert main(["verify", str(tmp_path)]) == 1


def test_what_cannot_be_asked_exits_2(signed: Path, tmp_path: Path) -> None:
    assert main(["verify", str(tmp_path / "nothing.html")]) == 2
    assert main(["verify", str(signed), "--key", str(tmp_path / "nothing.pem")]) == 2
    (tmp_path / "alone.html").write_text("x")
    assert main(["verify", str(tmp_path / "alone.html")]) == 1


def test_a_report_replaces_the_one_before_and_nothing_else(of: Report, tmp_path: Path, key: Signer) -> None:
    out = tmp_path / "out"
    files.write(of, (), out, SMALL, key)
    (out / "notes.txt").write_text("mine")
    assert files.write(of, (), out, ("html",)) == ["notes.txt"]
    here = {path.name for path in out.iterdir()}
    assert here == {"report.html", manifest.NAME, "notes.txt"}


def test_a_manifest_that_lists_foreign_files_removes_none(of: Report, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "precious").write_text("x")
    (out / "mine.txt").write_text("x")
    listed = {name: "0" * 64 for name in ("../precious", "mine.txt", "oscal/../../precious")}
    about = {"version": 1, "files": listed, "subject": {"report": "policies"}}
    (out / manifest.NAME).write_bytes(manifest.canonical(about))
    files.write(of, (), out, ("markdown",))
    assert (tmp_path / "precious").exists() and (out / "mine.txt").exists()


def test_a_format_that_fails_leaves_the_report_before_as_it_was(
    of: Report, tmp_path: Path, key: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from policies.report import markdown

    out = tmp_path / "out"
    files.write(of, (), out, SMALL, key)

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(markdown, "render", full)
    with pytest.raises(OSError, match="No space"):
        files.write(of, (), out, SMALL, key)
    assert main(["verify", str(out)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_formats_are_named(tmp_path: Path) -> None:
    assert files.parse_formats("json, html,json") == ("json", "html")
    with pytest.raises(PolicyError, match="'pdf' is unknown; allowed: html, json, sarif"):
        files.parse_formats("pdf")


@pytest.mark.parametrize("subject", [None, {}, {"report": "mine"}, {"pack": "evidence of a period"}])
def test_a_folder_of_something_else_is_left_alone(
    of: Report, tmp_path: Path, subject: dict[str, str] | None
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("mine")
    if subject is not None:
        signature.seal(out, subject, None)
    with pytest.raises(PolicyError, match="holds something else than a report; name a new folder"):
        files.write(of, (), out, SMALL)
    assert (out / "report.html").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_link_is_not_followed(of: Report, tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    files.write(of, (), out, ("markdown",))
    (out / "oscal").symlink_to(elsewhere)
    with pytest.raises(PolicyError, match="oscal: is a link"):
        files.write(of, covered(of), out)
    (tmp_path / "alias").symlink_to(elsewhere)
    with pytest.raises(PolicyError, match="alias is a link; name the folder itself"):
        files.write(of, (), tmp_path / "alias", SMALL)
    assert list(elsewhere.iterdir()) == []


def test_a_run_that_is_cut_off_leaves_nothing_that_verifies_and_can_be_run_again(
    of: Report, tmp_path: Path, key: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real, cuts = tmp_path / "out", os.replace, 0
    for stop in range(5):
        files.write(of, (), out, ("html", "oscal"), key)
        moved: list[str] = []

        def replace(source: Path, target: Path, stop: int = stop, moved: list[str] = moved) -> None:
            if len(moved) == stop:
                raise KeyboardInterrupt
            moved.append(str(target))
            real(source, target)

        monkeypatch.setattr(files.os, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            files.write(of, (), out, SMALL, key)
        monkeypatch.undo()
        cuts += 1
        assert main(["verify", str(out)]) == 1
        assert main(["verify", str(out / "report.html")]) == 1
    assert cuts == 5
    assert files.write(of, (), out, SMALL, key) == []
    assert main(["verify", str(out)]) == 0


def test_drafts_of_killed_runs_go_and_those_of_living_ones_stay(of: Report, tmp_path: Path) -> None:
    names = (".out-abcd1234.draft", ".out-living_1.draft", ".out-personal", ".other-abcd1234.draft")
    for name in names:
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1, 1))
    held = os.open(tmp_path / names[1], os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    files.write(of, (), tmp_path / "out", ("markdown",))
    os.close(held)
    assert {path.name for path in tmp_path.iterdir()} == {"out", *names[1:]}


def test_the_working_folder_is_a_folder_as_any_other(
    of: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert files.write(of, (), Path("."), ("markdown",)) == []
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    assert main(["verify", "."]) == 0
