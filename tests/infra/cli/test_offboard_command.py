"""`tenant offboard` as a person runs it: what it asks, what it shows, what it refuses."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from infra.cli import google, offboard_freeze, offboard_state
from infra.cli.commands import offboard as module
from infra.cli.commands.offboard import require_token
from infra.cli.errors import CliError
from infra.cli.main import main
from infra.cli.places import ROOT, STACKS, stacks
from infra.cli.stack_lock import held
from tests.infra.cli.fake_google import FakeKms
from tests.infra.cli.fake_pulumi import FakePulumi
from tests.infra.cli.test_offboard import CELL, KEYS, RESOURCES, RING, SIGNING, STACK, FakeSource
from tests.infra.cli.test_offboard_cipher import pair


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Desk:
    """The command with an engine and Google in memory; stack files are copies."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    pulumi: FakePulumi
    kms: FakeKms
    key: Path
    sources: list[FakeSource] = field(default_factory=list)

    def run(self, *more: str, typed: str | None = None) -> int:
        stdin = io.StringIO() if typed is None else Terminal(f"{typed}\n")
        self.monkeypatch.setattr(sys, "stdin", stdin)
        out = ("--out", str(self.folder / "out"))
        return main(["tenant", "offboard", "lakeside", *out, "--token-command", "echo token", *more])

    def exporting(self, *more: str, typed: str | None = None) -> int:
        return self.run("--recipient-key", str(self.key), "--drain", "0", *more, typed=typed)

    def said(self) -> str:
        found = self.capsys.readouterr()
        return found.out + found.err

    def untouched(self) -> bool:
        state = offboard_state.path(self.pulumi.home, "local", "lakeside")
        return not (
            self.pulumi.commands or self.kms.destroyed() or state.exists() or (self.folder / "out").exists()
        )


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    (tmp_path / "stacks").mkdir()
    for path in STACKS.glob("Pulumi.local-*.yaml"):
        (tmp_path / "stacks" / path.name).write_text(path.read_text())
    names = [f"{key}/cryptoKeyVersions/1" for key in KEYS.values()]
    kms = FakeKms({}, "", versions={name: "ENABLED" for name in [*names, f"{SIGNING}/cryptoKeyVersions/1"]})
    outputs = {
        "tenant": "lakeside",
        "fhirUrl": "http://lakeside/fhir",
        "keys": KEYS,
        "project": "careplane-cell",
        "locations": ["europe-west3"],
    }
    told: dict[str, dict[str, Any]] = {STACK: outputs, CELL: {"keys": {"evidence": SIGNING}}}
    pulumi = FakePulumi(tmp_path / "home", states={STACK: RESOURCES}, told=told)
    found = Desk(tmp_path, capsys, monkeypatch, pulumi, kms, pair(tmp_path, X25519PrivateKey.generate())[0])

    def source(*given: Any) -> FakeSource:
        found.sources.append(FakeSource(*given))
        return found.sources[-1]

    monkeypatch.setenv("PULUMI_BACKEND_URL", tmp_path.as_uri())
    monkeypatch.setattr(module, "Pulumi", lambda: pulumi)
    monkeypatch.setattr(module, "engine", lambda given: given)
    monkeypatch.setattr(module, "Google", lambda *given: kms)
    monkeypatch.setattr(google, "token", lambda: "t")
    monkeypatch.setattr(module, "Source", source)
    monkeypatch.setattr(module, "stacks", lambda place, folder: stacks(place, tmp_path / "stacks"))
    return found


def test_without_a_terminal_and_without_yes_it_is_refused_in_a_sentence(desk: Desk) -> None:
    assert desk.exporting() == 2
    said = desk.said()
    assert "--yes" in said and "destroys lakeside and its keys" in said and said.count("\n") == 1
    assert desk.untouched()


def test_another_name_changes_nothing(desk: Desk) -> None:
    assert desk.exporting(typed="lakeside2") == 1
    assert "nothing was changed" in desk.said() and desk.untouched()


def test_who_types_the_name_sees_first_what_goes(desk: Desk) -> None:
    assert desk.exporting(typed="lakeside") == 0
    said = desk.said()
    assert said.index("3 usable versions of 3 keys") < said.index("Type the tenant's name")
    assert len(desk.kms.destroyed()) == 3


def test_a_script_says_yes(desk: Desk) -> None:
    assert desk.exporting("--yes") == 0
    assert "Type the tenant" not in desk.said() and len(desk.kms.destroyed()) == 3


def test_a_dry_run_says_what_would_happen_and_changes_nothing(desk: Desk) -> None:
    assert main(["tenant", "offboard", "lakeside", "--dry-run"]) == 0
    said = desk.said()
    for line in ("1. freeze: make local-tenant-lakeside read-only", "3 usable versions of 3 keys"):
        assert line in said
    assert "1 gcp:storage/bucket:Bucket" in said and f"{RING}  (Google deletes no key ring)" in said
    assert "Nothing was changed." in said and desk.untouched()


def test_a_dry_run_as_data(desk: Desk) -> None:
    assert desk.exporting("--dry-run", "--json") == 0
    told = json.loads(desk.said())
    assert [each["step"] for each in told["steps"]] == [
        "freeze", "export", "last look", "lift protection", "shred", "destroy", "certify", "remove",
    ]  # fmt: skip
    assert not any(each["done"] for each in told["steps"]) and told["dryRun"] is True
    (stack,) = told["stacks"]
    assert stack["keyVersions"] == 3 and stack["resources"] == {"gcp:storage/bucket:Bucket": 1}
    assert [each["id"] for each in stack["survivors"]] == [RING]
    assert str(desk.key) in told["steps"][1]["what"] and desk.untouched()


def test_a_dry_run_in_the_middle_says_what_is_done_already(desk: Desk) -> None:
    version = f"{KEYS['token']}/cryptoKeyVersions/1"
    stubborn = FakeKms({}, "", versions=desk.kms.versions, refuse=version)
    desk.monkeypatch.setattr(module, "Google", lambda *given: stubborn)
    assert desk.exporting("--yes") == 1
    desk.said()
    assert desk.exporting("--dry-run", "--json") == 0
    told = json.loads(desk.said())
    done = {each["step"] for each in told["steps"] if each["done"]}
    assert done == {"freeze", "export", "lift protection"}
    assert told["stacks"][0]["keyVersions"] == 1, "the others are on their way"


def test_a_dry_run_without_an_export_freezes_nothing(desk: Desk) -> None:
    assert desk.run("--dry-run", "--no-export", "--reason", "a test", "--json") == 0
    steps = [each["step"] for each in json.loads(desk.said())["steps"]]
    assert "freeze" not in steps and "last look" not in steps


def test_a_dry_run_of_an_unknown_tenant(desk: Desk) -> None:
    assert main(["tenant", "offboard", "nobody", "--dry-run"]) == 2
    assert "'nobody' is not allowed; allowed: lakeside, riverside" in desk.said()


def test_the_printed_command_verifies_the_certificate_when_pasted(desk: Desk) -> None:
    assert desk.exporting("--yes", "--json") == 0
    found = json.loads(desk.capsys.readouterr().out)
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    pasted = subprocess.run(
        found["verify"], shell=True, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert pasted.returncode == 0, pasted.stdout + pasted.stderr
    assert "(the given key)" in pasted.stdout and SIGNING in pasted.stdout
    assert desk.exporting() == 0, "said again, though all is done"
    assert f"verify: {found['verify']}" in desk.said()


def test_the_printed_command_finds_another_signer(desk: Desk) -> None:
    assert desk.exporting("--yes", "--json") == 0
    words = shlex.split(json.loads(desk.capsys.readouterr().out)["verify"])
    other = FakeKms({}, "").call("GET", "cloudkms", "k/cryptoKeyVersions/1/publicKey")["pem"]
    Path(words[words.index("--key") + 1]).write_text(other)
    done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "does not fit" in done.stdout


def test_two_at_once_of_one_tenant(desk: Desk) -> None:
    with held(desk.pulumi.home, STACK, "fleet up"):
        assert desk.exporting("--yes") == 1
    assert f"{STACK} is busy: process {os.getpid()} (fleet up)" in desk.said()
    assert desk.untouched()


def test_it_is_held_until_its_end(desk: Desk) -> None:
    def busy(*given: Any) -> float:
        with pytest.raises(CliError, match="tenant offboard lakeside"), held(desk.pulumi.home, STACK, "up"):
            pass
        return 0.0

    desk.monkeypatch.setattr(offboard_freeze, "require", busy)
    assert desk.exporting("--yes") == 0
    with held(desk.pulumi.home, STACK, "up"):
        pass


def test_a_token_that_cannot_be_had_stops_it_before_anything_is_read_only(desk: Desk) -> None:
    assert desk.exporting("--yes", "--token-command", "false") == 1
    assert "--token-command failed" in desk.said() and desk.pulumi.commands == []


@pytest.mark.parametrize("command", ["true", "false"])
def test_a_token_command_that_prints_nothing(command: str) -> None:
    with pytest.raises(CliError, match="nothing was changed"):
        require_token(command)


def test_a_folder_is_needed_for_more_than_a_dry_run(desk: Desk) -> None:
    arguments = ["tenant", "offboard", "lakeside", "--recipient-key", str(desk.key), "--yes"]
    assert main(arguments) == 2
    assert "--out: nothing was given" in desk.said()


@pytest.mark.parametrize("seconds", ["-1", "3601", "nan"])
def test_a_time_to_wait_that_cannot_be(desk: Desk, seconds: str) -> None:
    assert desk.run("--recipient-key", str(desk.key), "--yes", f"--drain={seconds}") == 2
    assert "--drain" in desk.said() and desk.untouched()


def test_opened_again(desk: Desk) -> None:
    desk.monkeypatch.setattr(
        module, "Source", lambda kms, command, rehearsed: FakeSource(kms, command, written=[1])
    )
    assert desk.exporting("--yes") == 1
    assert "--reopen" in desk.said()
    assert main(["tenant", "offboard", "lakeside", "--reopen"]) == 0
    assert "takes writes again" in desk.said()
    assert desk.pulumi.touched() == [STACK, STACK]
    assert main(["tenant", "offboard", "lakeside", "--reopen"]) == 2


def test_what_was_never_begun_is_not_opened_again(desk: Desk) -> None:
    assert main(["tenant", "offboard", "lakeside", "--reopen"]) == 2
    assert "has begun and not ended" in desk.said()


US = ("us-tenant-lakeside", "us-tenant-lakeside-2")
REHEARSAL = ("--place", "us", "--rehearse", "--yes")


@pytest.fixture
def rehearsed(desk: Desk) -> Desk:
    """The same tenant in a place of the cloud, whose engine here is the local cloud's."""
    first, second = US
    told = desk.pulumi.told
    told.update({"us-cell": told[CELL], first: told[STACK], second: {**told[STACK], "active": False}})
    desk.pulumi.states[first] = desk.pulumi.states.pop(STACK)
    desk.pulumi.states[second] = list(RESOURCES)
    desk.monkeypatch.setattr(module, "stacks", stacks)
    return desk


def test_a_rehearsal_touches_no_tracked_file_and_its_certificate_says_what_it_is(rehearsed: Desk) -> None:
    before = {path: path.read_bytes() for path in STACKS.iterdir() if path.is_file()}
    assert rehearsed.exporting(*REHEARSAL) == 0
    assert "A rehearsal on a local cloud" in rehearsed.said()
    told = json.loads((rehearsed.folder / "out/certificate/certificate.json").read_text())
    assert told["rehearsal"] is True and told["place"] == "us"
    assert {path: path.read_bytes() for path in STACKS.iterdir() if path.is_file()} == before
    home = rehearsed.pulumi.home
    assert offboard_state.path(home, "us-rehearsed", "lakeside").exists()
    assert not offboard_state.path(home, "us", "lakeside").exists(), "the cloud's own run is another"


def test_a_rehearsal_asks_the_service_itself_with_the_local_client_s_token(rehearsed: Desk) -> None:
    tokens: list[str] = []
    rehearsed.monkeypatch.setattr(module, "require_token", tokens.append)
    given: list[bool] = []

    def source(kms: Any, command: str, rehearsed: bool) -> FakeSource:
        given.append(rehearsed)
        return FakeSource(kms, command)

    rehearsed.monkeypatch.setattr(module, "Source", source)
    arguments = ["tenant", "offboard", "lakeside", "--out", str(rehearsed.folder / "out"), *REHEARSAL]
    assert main([*arguments, "--recipient-key", str(rehearsed.key), "--drain", "0"]) == 0
    assert tokens == [f"{sys.executable} -m localcloud token --tenant lakeside --stack us-tenant-lakeside"]
    assert given == [True]


def test_a_rehearsal_that_is_done_can_be_rehearsed_again(rehearsed: Desk) -> None:
    assert rehearsed.exporting(*REHEARSAL) == 0
    assert rehearsed.exporting(*REHEARSAL) == 0, "it says again what was done"
    assert len(rehearsed.sources) == 1
    for name in US:
        rehearsed.pulumi.states[name] = list(RESOURCES)
    refused = rehearsed.exporting(*REHEARSAL)
    assert refused == 2 and "--out" in rehearsed.said(), "another run, another folder"
    (rehearsed.folder / "again").mkdir()
    assert rehearsed.exporting(*REHEARSAL, "--out", str(rehearsed.folder / "again")) == 0


def test_a_place_in_the_cloud_is_not_off_boarded_by_the_local_engine(rehearsed: Desk) -> None:
    state = (rehearsed.pulumi.home.parent / "state").as_uri()
    rehearsed.monkeypatch.setenv("PULUMI_BACKEND_URL", state)
    assert rehearsed.exporting("--place", "us", "--yes") == 2
    assert "--rehearse" in rehearsed.said() and rehearsed.untouched()
