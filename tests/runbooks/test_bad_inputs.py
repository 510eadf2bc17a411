"""Bad input, each named: the exit code, one clear sentence, and nothing done."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence import manifest
from evidence.signature import Signer, seal
from runbooks.actions.pitr import refuse_unrecoverable
from runbooks.cli.main import main
from runbooks.drill.journal import NAME, read
from runbooks.drill.lock import exclusive
from runbooks.errors import ActivityError
from tests.runbooks.packs import pack, public_key
from tests.runbooks.runner import Runner
from tests.runbooks.synthetic import ENGINE, STACK

DRILL = ("drill", "copy-and-restore", "--stack", STACK)
Say = Callable[..., str]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "data").write_text("every row")
    monkeypatch.setenv("SYNTHETIC", str(tmp_path / "stack"))
    monkeypatch.setenv("CAREPLANE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Say:
    """Run a command that must be refused; the one sentence that it says."""

    def run(*arguments: object, code: int = 2, engine: Any = ENGINE) -> str:
        capsys.readouterr()
        assert main([str(argument) for argument in arguments], engine) == code
        said = capsys.readouterr().err
        assert said.startswith("runbooks: ")
        assert said.count("\n") == 1
        assert not list((tmp_path / "stack").glob("made-*"))
        return said

    return run


# Starting a drill


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            ("drill", "copy-and-restor", "--stack", STACK),
            "the nearest known is copy-and-restore",
            id="unknown drill",
        ),
        pytest.param(("show", "copy"), "drill copy: name: no such drill", id="unknown drill to show"),
        pytest.param((*DRILL, "--set", "moment=2026-11-25T10:00:00"), "has no zone", id="time without zone"),
        pytest.param((*DRILL, "--set", "moment=soon"), "'soon' is no moment with its zone", id="no time"),
        pytest.param((*DRILL, "--set", "pause=long"), "--set pause: 'long' is no number", id="no number"),
        pytest.param(
            (*DRILL, "--set", "paus=1"),
            "no such parameter; the nearest known is pause",
            id="unknown parameter",
        ),
        pytest.param((*DRILL, "--set", "pause"), "'pause' is not NAME=VALUE", id="parameter without value"),
        pytest.param(
            (*DRILL, "--set", "pause=1", "--set", "pause=2"), "pause is given twice", id="parameter twice"
        ),
        pytest.param((*DRILL, "--role", "oprator=Ann"), "the nearest known is operator", id="unknown role"),
        pytest.param((*DRILL, "--role", "operator= "), "is not NAME=VALUE", id="role without a name"),
        pytest.param((*DRILL, "--abort-when", "errors=5"), "is no bound; write METRIC>VALUE", id="bad bound"),
        pytest.param((*DRILL, "--abort-when", "eror>5"), "the nearest known is errors", id="unknown metric"),
        pytest.param(
            ("drill", "copy-and-restore", "--stack", "../x"),
            "is no name of a stack",
            id="stack that is a path",
        ),
    ],
)
def test_a_drill_is_refused(refused: Say, tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    more = ("--out", tmp_path / "out") if arguments[0] == "drill" else ()
    assert says in refused(*arguments, *more)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("names", "says"),
    [
        pytest.param([], "two different names are needed", id="production without approval"),
        pytest.param(["Ann"], "two different names are needed", id="production approved once"),
        pytest.param(["Ann", "ann "], "ann approved twice", id="production approved twice by one"),
    ],
)
def test_production_is_refused(
    refused: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], says: str
) -> None:
    monkeypatch.setenv("PRODUCTION", "true")
    approvals = [word for name in names for word in ("--approve", name)]
    assert says in refused(*DRILL, "--out", tmp_path / "out", *approvals)
    assert not (tmp_path / "out").exists()


def test_second_drill_at_once(refused: Say, tmp_path: Path) -> None:
    with exclusive(STACK):
        assert f"another drill is running against {STACK}" in refused(*DRILL, "--out", tmp_path / "out")


def test_folder_that_is_not_empty(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "file").touch()
    assert "is not empty" in refused(*DRILL, "--out", tmp_path / "out")


def test_tenant_of_another_placement(refused: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped drill is for dedicated tenants."""
    monkeypatch.setenv("PLACEMENT", "pooled")
    drills = tmp_path / "drills" / "copy-and-restore"
    drills.mkdir(parents=True)
    text = (ENGINE.drills / "copy-and-restore" / "drill.yaml").read_text()
    (drills / "drill.yaml").write_text(text + "placements: [dedicated]\n")
    engine = type(ENGINE)(tmp_path / "drills", ENGINE.known, ENGINE.open, ENGINE.key)
    said = refused(*DRILL, "--out", tmp_path / "out", engine=engine)
    assert f"{STACK} is pooled; copy-and-restore is for: dedicated" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(
            ("rpo_seconds: 0", "rpo_seconds: -1"),
            "objectives.rpo_seconds: -1 is less than",
            id="negative objective",
        ),
        pytest.param(
            ("do: restore\n", "do: restor\n"),
            "'restor' is unknown; the nearest known is restore",
            id="unknown action",
        ),
        pytest.param(
            ("proves_data: true", "proves_data: false"), "none proves data", id="no data-proving check"
        ),
        pytest.param(
            ("{what: copy}", "{wat: copy}"),
            "takes no argument 'wat'; the nearest known is what",
            id="unknown argument",
        ),
        pytest.param(
            ("{what: copy}", "{what: 7}"), "remove.what: 7 is no text", id="argument of another type"
        ),
        pytest.param(("parameters:", "paramters:"), "'paramters' was unexpected", id="misspelt key"),
        pytest.param(("title: A file", "title: 'A file"), "is no YAML", id="drill that is no YAML"),
    ],
)
def test_a_definition_is_refused(refused: Say, tmp_path: Path, change: tuple[str, str], says: str) -> None:
    folder = tmp_path / "drills" / "copy-and-restore"
    folder.mkdir(parents=True)
    text = (ENGINE.drills / "copy-and-restore" / "drill.yaml").read_text()
    assert change[0] in text
    (folder / "drill.yaml").write_text(text.replace(*change))
    engine = type(ENGINE)(tmp_path / "drills", ENGINE.known, ENGINE.open, ENGINE.key)
    assert says in refused(*DRILL, "--out", tmp_path / "out", engine=engine)
    assert not (tmp_path / "out").exists()


# Tenants


PULUMI = """#!/bin/sh
case "$*" in
  "stack output --json --stack local-tenant-down") echo '{}' ;;
  "stack output --json --stack local-tenant-a") echo '{"fhirUrl": "http://127.0.0.1:1/fhir"}' ;;
  "stack output --json --stack cloud-tenant-a") echo '{"fhirUrl": "https://a.example/fhir"}' ;;
  "config --json --stack local-tenant-a")
    echo '{"gcp:sqlCustomEndpoint": {"value": "http://127.0.0.1:1/"},'
    echo ' "runbooks:production": {"value": "maybe"}}' ;;
  "config --json --stack cloud-tenant-a") echo '{}' ;;
  *) echo "error: no stack named '$5' found" >&2; exit 255 ;;
esac
"""


@pytest.mark.parametrize(
    ("stack", "says"),
    [
        pytest.param(
            "local-tenant-nobody", "no stack named 'local-tenant-nobody' found", id="unknown tenant"
        ),
        pytest.param(
            "local-cell", "is no tenant stack; allowed: <place>-tenant-<name>", id="stack that is no tenant"
        ),
        pytest.param("local-tenant-down", "is not up (it has no fhirUrl)", id="stack that is not up"),
        pytest.param(
            "cloud-tenant-a", "--token-command: is needed for a stack in the cloud", id="cloud without token"
        ),
        pytest.param(
            "local-tenant-a", "runbooks:production: 'maybe' is neither true nor false", id="production maybe"
        ),
    ],
)
def test_a_stack_is_refused(
    refused: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: str, says: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").write_text(PULUMI)
    (tmp_path / "bin" / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    said = refused("drill", "tenant-pitr", "--stack", stack, "--out", tmp_path / "out", engine=None)
    assert says in said
    assert not (tmp_path / "out").exists()


def test_no_pulumi(refused: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = refused(
        "drill", "tenant-pitr", "--stack", "local-tenant-a", "--out", tmp_path / "out", engine=None
    )
    assert "`pulumi` is not on PATH" in said


NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        pytest.param(NOW + timedelta(seconds=1), "is in the future", id="future time"),
        pytest.param(
            NOW - timedelta(days=7, seconds=1),
            "before retention: logs are kept for 7 days",
            id="before retention",
        ),
        pytest.param(NOW - timedelta(days=3), "before the instance was made", id="before the instance"),
    ],
)
def test_a_moment_that_nothing_comes_back_from(moment: datetime, says: str) -> None:
    with pytest.raises(ActivityError, match=says):
        refuse_unrecoverable(moment, NOW, 7, NOW - timedelta(days=2))


def test_a_moment_that_can_come_back_is_not_refused() -> None:
    refuse_unrecoverable(NOW - timedelta(days=1), NOW, 7, NOW - timedelta(days=2))


# Resuming


def test_unknown_run_to_resume(refused: Say, tmp_path: Path) -> None:
    assert "run abcdef: is unknown, and no such folder is there" in refused("resume", "abcdef")


def test_folder_without_a_journal(refused: Say, tmp_path: Path) -> None:
    assert "there is no journal" in refused("resume", tmp_path / "stack")


def test_run_that_ended(refused: Say, tmp_path: Path) -> None:
    assert "(passed); nothing to resume" in refused("resume", pack(tmp_path))


def test_run_that_was_refused(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "stack" / "made-strange").touch()
    main([*DRILL, "--out", str(tmp_path / "out"), "--unsigned"], ENGINE)
    (tmp_path / "stack" / "made-strange").unlink()
    assert "was refused before anything was done" in refused("resume", tmp_path / "out")


def test_truncated_journal(refused: Say, tmp_path: Path) -> None:
    found = pack(tmp_path)
    (found / NAME).write_bytes((found / NAME).read_bytes()[:100])
    assert "is cut off before its first line ends; nothing had been done" in refused("resume", found)


def test_journal_with_a_broken_line(refused: Say, tmp_path: Path) -> None:
    found = pack(tmp_path)
    lines = (found / NAME).read_bytes().splitlines(keepends=True)
    (found / NAME).write_bytes(b"".join([*lines[:3], b"{\n", *lines[4:]]))
    assert "line 4 is no line of a journal" in refused("resume", found)


@pytest.mark.slow
def test_run_already_resumed(refused: Say, tmp_path: Path) -> None:
    runner = Runner(tmp_path / "place")
    runner.killed_at(4, signal.SIGKILL)
    assert runner.call("resume", str(runner.out))[0] == 0
    assert "was resumed and rolled back already" in refused("resume", runner.out)


def test_run_of_a_release_that_had_other_actions(refused: Say, tmp_path: Path) -> None:
    found = pack(tmp_path)
    lines = [
        line.replace('"do": "remove"', '"do": "remove-all"')
        for line in (found / NAME).read_text().splitlines(True)
    ]
    (found / NAME).write_text("".join(lines[:6]))
    assert "'remove-all' is unknown to this release" in refused("resume", found)


# Packs


def _spoil(found: Path, how: Callable[[Path], None]) -> Path:
    how(found)
    return found


def _flip(name: str) -> Callable[[Path], None]:
    def flip(found: Path) -> None:
        raw = bytearray((found / name).read_bytes())
        raw[len(raw) // 2] ^= 1
        (found / name).write_bytes(bytes(raw))

    return flip


def _foreign(found: Path) -> None:
    """Signed by somebody else, over the same manifest."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    theirs = Signer("theirs", pem, lambda digest: key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
    seal(found, manifest.read(found)["subject"], theirs)


def _resigned(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """Changed by somebody who has the key: hashes and signature hold, the story does not."""

    def spoil(found: Path) -> None:
        change(found)
        seal(found, {}, ENGINE.key(STACK, None).signer)

    return spoil


def _replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def replace(found: Path) -> None:
        text = (found / name).read_text()
        assert old in text
        (found / name).write_text(text.replace(old, new))

    return replace


def _cut(found: Path) -> None:
    lines = (found / NAME).read_bytes().splitlines(keepends=True)
    (found / NAME).write_bytes(b"".join(lines[:-1]))


@pytest.mark.parametrize(
    ("how", "says"),
    [
        pytest.param(_flip("journal.jsonl"), "journal.jsonl: was changed", id="flipped byte of the journal"),
        pytest.param(_flip("report.pdf"), "report.pdf: was changed", id="flipped byte of the report"),
        pytest.param(_flip("manifest.json"), "manifest", id="flipped byte of the manifest"),
        pytest.param(_flip("manifest.sig.json"), "manifest.sig.json: ", id="flipped byte of the signature"),
        pytest.param(lambda p: (p / "pack.json").unlink(), "pack.json: is missing", id="missing file"),
        pytest.param(lambda p: (p / "more").touch(), "more: is not in the manifest", id="added file"),
        pytest.param(lambda p: (p / "more").symlink_to("/etc/hostname"), "more: is a link", id="link"),
        pytest.param(
            lambda p: (p / "manifest.sig.json").unlink(), "the pack is not signed", id="unsigned pack"
        ),
        pytest.param(
            lambda p: (p / "manifest.json").unlink(), "manifest.json: is missing", id="missing manifest"
        ),
        pytest.param(_foreign, "is by another key than key.json names", id="foreign signature"),
        pytest.param(
            _resigned(_cut), "is cut off: it does not say how the run ended", id="truncated journal in a pack"
        ),
        pytest.param(
            _resigned(_replaced("pack.json", '"verdict": "passed"', '"verdict": "failed"')),
            "pack.json: verdict is not what journal.jsonl says",
            id="another verdict",
        ),
        pytest.param(
            _resigned(_replaced("journal.json", '"deviated": false', '"deviated": true')),
            "journal.json: tells something else than journal.jsonl",
            id="another document",
        ),
        pytest.param(
            _resigned(_replaced("journal.jsonl", '"verdict": "passed"', '"verdict": "failed"')),
            "journal.json",
            id="a verdict that does not follow",
        ),
        pytest.param(
            _resigned(_replaced("pack.json", '"format": 1', '"format": 2')),
            "pack.json: format: 1 was expected",
            id="pack of another format",
        ),
        pytest.param(
            _resigned(lambda p: (p / "key.json").unlink()), "key.json: is missing", id="missing key"
        ),
    ],
)
def test_a_pack_is_refused(refused: Say, tmp_path: Path, how: Callable[[Path], None], says: str) -> None:
    assert says in refused("verify", _spoil(pack(tmp_path), how), code=1)


def test_wrong_key(refused: Say, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "other.pem").write_bytes(pem)
    said = refused("verify", pack(tmp_path), "--key", tmp_path / "other.pem", code=1)
    assert "manifest.sig.json: is not by the given key" in said


@pytest.mark.parametrize("content", [b"nothing", b"", b"\xff\x00"])
def test_key_that_is_none(refused: Say, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.pem").write_bytes(content)
    said = refused("verify", pack(tmp_path), "--key", tmp_path / "other.pem")
    assert "other.pem: is no public key" in said or "other.pem: is empty" in said


def test_key_that_is_not_there(refused: Say, tmp_path: Path) -> None:
    assert "No such file" in refused("verify", pack(tmp_path), "--key", tmp_path / "other.pem")


def test_stale_pack(refused: Say, tmp_path: Path) -> None:
    found, old = pack(tmp_path), "2020-01-02"
    day = read(found)["started"][:10]

    def age(folder: Path) -> None:
        for name in (NAME, "journal.json", "pack.json"):
            (folder / name).write_text((folder / name).read_text().replace(day, old))

    _resigned(age)(found)
    assert "and at most 90 are allowed" in refused("verify", found, "--max-age", 90, code=1)
    assert main(["verify", str(found), "--key", str(public_key(tmp_path))], ENGINE) == 0


def test_pack_that_is_no_folder(refused: Say, tmp_path: Path) -> None:
    assert "no such folder is there" in refused("verify", tmp_path / "nowhere")


def test_age_that_is_none(refused: Say, tmp_path: Path) -> None:
    assert "--max-age: -1 is no number of days" in refused("verify", pack(tmp_path), "--max-age", -1)


# Reports


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("--reviewer", "ann"), "ann was the operator of this run", id="reviewer who took part"),
        pytest.param(("--reviewer", " "), "--reviewer: the name is empty", id="reviewer without a name"),
        pytest.param(("--note", "fine"), "--note: is the reviewer's", id="note of nobody"),
        pytest.param(
            ("--corrective", "mend it"), "is not WHAT|OWNER|YYYY-MM-DD", id="corrective action of nobody"
        ),
        pytest.param(
            ("--corrective", "mend it|Ann|soon"), "'soon' is no date", id="corrective action without a date"
        ),
        pytest.param(("--canaries", "nowhere"), "No such file", id="canaries that are not there"),
    ],
)
def test_a_report_is_refused(refused: Say, tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    found = pack(tmp_path)
    before = sorted((path.name, path.read_bytes()) for path in found.iterdir())
    assert says in refused("report", found, *arguments)
    assert sorted((path.name, path.read_bytes()) for path in found.iterdir()) == before


@pytest.mark.slow
def test_report_of_a_run_that_has_not_ended(refused: Say, tmp_path: Path) -> None:
    runner = Runner(tmp_path / "place")
    runner.killed_at(4, signal.SIGKILL)
    assert "has not ended; `python -m runbooks resume" in refused("report", runner.out)


def test_canary_in_a_pack(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "canaries").write_text("Ann\n")
    said = refused("report", pack(tmp_path), "--canaries", tmp_path / "canaries", code=1)
    assert "holds patient data that the drill had seeded" in said
    assert "Ann" not in said
    assert not (tmp_path / "pack" / "manifest.json").exists()


def test_signing_key_that_is_no_key() -> None:
    from runbooks import signing
    from runbooks.errors import PreconditionError

    with pytest.raises(PreconditionError, match="'mine' is no name of a Cloud KMS key; allowed: projects/P"):
        signing.key("mine")


# Comparing and planning


def test_comparing_two_drills(refused: Say, tmp_path: Path) -> None:
    found = pack(tmp_path)
    shutil.copytree(found, tmp_path / "other")
    _replaced(NAME, '"name": "copy-and-restore"', '"name": "other"')(tmp_path / "other")
    assert "copy-and-restore and other are two drills" in refused("compare", found, tmp_path / "other")


@pytest.mark.slow
def test_comparing_with_a_run_that_has_not_ended(refused: Say, tmp_path: Path) -> None:
    runner = Runner(tmp_path / "place")
    runner.killed_at(4, signal.SIGKILL)
    assert "has not ended; there is nothing to compare" in refused("compare", pack(tmp_path), runner.out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("schedule", "--days", "0"), "--days: 0 is no number of days", id="no days"),
        pytest.param(("schedule", "--place", "nowhere"), "nowhere has no tenant stack", id="unknown place"),
        pytest.param(
            ("schedule", "--packs", "nowhere"), "--packs: nowhere is no folder", id="packs that are not there"
        ),
        pytest.param(
            ("compare", "a", "b", "--tolerance", "-1"), "less than nothing", id="negative tolerance"
        ),
    ],
)
def test_a_question_is_refused(refused: Say, arguments: tuple[str, ...], says: str) -> None:
    assert says in refused(*arguments)


def test_canaries_that_are_no_text(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "canaries").write_bytes(b"\xff\xfe\x00")
    found = pack(tmp_path)
    before = sorted((path.name, path.read_bytes()) for path in found.iterdir())
    assert "canaries: is no text in UTF-8" in refused("report", found, "--canaries", tmp_path / "canaries")
    assert sorted((path.name, path.read_bytes()) for path in found.iterdir()) == before
