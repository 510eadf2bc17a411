from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from infra.cli import destroy as module
from infra.cli import destroyed
from infra.cli.commands import stacks as commands
from infra.cli.destroy import destroy, destroy_one
from infra.cli.errors import EngineFailed, Protected, StackBusy
from infra.cli.events import Outcome
from infra.cli.main import main
from infra.cli.places import STACKS, Stack, stacks
from infra.cli.progress import Progress
from infra.cli.stack_lock import held
from tests.infra.cli.fake_pulumi import FakePulumi, Result, creates

STACK = "local-tenant-lakeside"
RING = {"urn": "u::ring", "type": "gcp:kms/keyRing:KeyRing", "id": "ring", "custom": True, "protect": True}
BUCKET = {"urn": "u::b", "type": "gcp:storage/bucket:Bucket", "id": "docs", "custom": True, "protect": True}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    monkeypatch.setenv("PULUMI_BACKEND_URL", tmp_path.as_uri())
    return FakePulumi(tmp_path, states={STACK: [RING, BUCKET]})


@pytest.fixture
def stack() -> Stack:
    return next(each for each in stacks("local", STACKS) if each.name == STACK)


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, pulumi: FakePulumi, stack: Stack
) -> str:
    monkeypatch.setattr(commands, "chosen", lambda args: (pulumi, [stack]))
    assert main(["destroy", "--decommission"]) == 0
    return capsys.readouterr().out


def test_protected_is_refused_and_nothing_is_recorded(pulumi: FakePulumi, stack: Stack) -> None:
    with pytest.raises(Protected, match="--decommission"):
        destroy(pulumi, [stack], False)
    assert pulumi.commands == [] and destroyed.load(pulumi.home, STACK) is None


def test_protection_is_lifted_in_a_copy_of_the_file(pulumi: FakePulumi, stack: Stack) -> None:
    before = stack.path.read_text()
    (gone,) = destroy(pulumi, [stack], True)
    assert [verb for verb, _ in pulumi.commands] == ["preview", "up", "destroy"]
    assert [each.id for each in gone.survivors] == ["ring"] and gone.before is None
    assert stack.path.read_text() == before and "decommission" not in before


def test_a_second_time_it_says_that_the_stack_is_gone_and_still_lists_what_survived(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    pulumi: FakePulumi,
    stack: Stack,
) -> None:
    first = run(capsys, monkeypatch, pulumi, stack)
    assert "Survivors:\n  ring  (Google deletes no key ring)" in first and "already" not in first
    again = run(capsys, monkeypatch, pulumi, stack)
    assert again.startswith(f"{STACK} is gone already: it was destroyed 20")
    assert "Survivors:\n  ring  (Google deletes no key ring)" in again
    assert pulumi.touched("destroy") == [STACK], "the engine has nothing to do"


def test_it_is_still_known_when_the_empty_stack_has_been_removed_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, pulumi: FakePulumi, stack: Stack
) -> None:
    run(capsys, monkeypatch, pulumi, stack)
    pulumi.ask("stack", "rm", "--stack", STACK)
    assert "is gone already" in run(capsys, monkeypatch, pulumi, stack)


def test_a_stack_that_was_never_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, pulumi: FakePulumi, stack: Stack
) -> None:
    del pulumi.states[STACK]
    said = run(capsys, monkeypatch, pulumi, stack)
    assert f"{STACK} is not there: it was never up" in said and "Nothing survives" not in said


def test_what_an_interrupted_run_has_destroyed_is_not_forgotten(pulumi: FakePulumi, stack: Stack) -> None:
    def half(verb: str, name: str) -> Outcome:
        if verb == "destroy":
            pulumi.states[STACK] = [each for each in pulumi.states[STACK] if each["id"] != "ring"]
            return Outcome(errors=["killed"])
        return creates(verb, name)

    interrupted: Result = half
    with pytest.raises(EngineFailed):
        destroy(replace(pulumi, result=interrupted), [stack], True)
    (gone,) = destroy(pulumi, [stack], True)
    assert [each.id for each in gone.survivors] == ["ring"]


def test_a_stack_that_was_made_anew_has_survivors_of_its_own(pulumi: FakePulumi, stack: Stack) -> None:
    destroy(pulumi, [stack], True)
    pulumi.states[STACK] = [{**RING, "id": "other"}]
    (gone,) = destroy(pulumi, [stack], True)
    assert [each.id for each in gone.survivors] == ["other"]


def test_a_fleet_that_comes_twice_leaves_the_record_alone(pulumi: FakePulumi, stack: Stack) -> None:
    destroy_one(pulumi, stack, True, Progress())
    found = destroyed.load(pulumi.home, STACK)
    _, left = destroy_one(pulumi, stack, True, Progress())
    assert [each.id for each in left] == ["ring"] and destroyed.load(pulumi.home, STACK) == found


def test_a_stack_that_another_command_works_on_is_left_alone(pulumi: FakePulumi, stack: Stack) -> None:
    with held(pulumi.home, STACK, "tenant offboard lakeside"), pytest.raises(StackBusy, match="offboard"):
        destroy(pulumi, [stack], True)
    assert pulumi.commands == []


def test_more_can_be_changed_while_protection_is_lifted(pulumi: FakePulumi, stack: Stack) -> None:
    options = module.lift(pulumi, stack, Progress(), {"careplane:readOnly": "true", "gcp:region": None})
    written = Path(options[1]).read_text()
    assert "careplane:readOnly: 'true'" in written and "gcp:region" not in written
