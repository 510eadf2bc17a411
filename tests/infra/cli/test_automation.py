"""The Automation API against a stand-in for the CLI: what is run, what is heard, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.cli import automation
from infra.cli.errors import AlreadyThere, EngineFailed, NoEngine, WrongEngine
from infra.cli.places import STACKS
from infra.cli.progress import Progress
from infra.cli.pulumi import POLICIES, Pulumi
from tests.infra.cli.stub_cli import install

STACK = "local-tenant-lakeside"
ROOT = f"urn:pulumi:{STACK}::careplane::pulumi:pulumi:Stack::careplane-{STACK}"
OUTPUTS = {"baseUrl": "http://127.0.0.1:1", "token": "[secret]"}
EVENTS: list[dict[str, Any]] = [
    {
        "resOutputsEvent": {
            "metadata": {
                "op": "create",
                "urn": ROOT,
                "type": "pulumi:pulumi:Stack",
                "new": {"outputs": OUTPUTS},
            }
        }
    },
    {"summaryEvent": {"resourceChanges": {"create": 3, "same": 1}, "durationSeconds": 1}},
]
Plan = Callable[..., None]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plan]:
    """Says what the CLI will do; nothing but the events of a creation without a word."""
    file = tmp_path / "plan"
    monkeypatch.setenv("PATH", f"{install(tmp_path / 'bin')}:{os.environ['PATH']}")
    monkeypatch.setenv("STUB_PLAN", str(file))

    def told(**more: Any) -> None:
        file.write_text(json.dumps({"events": EVENTS, **more}))

    told()
    automation.command.cache_clear()
    yield told
    automation.command.cache_clear()


@pytest.fixture
def pulumi(tmp_path: Path, plan: Plan) -> Pulumi:
    found = Pulumi(home=tmp_path / "home", root=tmp_path)
    (tmp_path / "stacks").symlink_to(STACKS)
    found.require()
    return found


def seen(pulumi: Pulumi) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (pulumi.root / "plan.seen").read_text().splitlines()]


def test_one_command_an_operation_whatever_the_verb(pulumi: Pulumi) -> None:
    for verb in ("preview", "up", "refresh", "destroy"):
        assert pulumi.run(verb, STACK, "--yes", "--skip-preview", what="x").differences == {"create": 3}
    pulumi.run("refresh", STACK, "--preview-only", what="x")
    lines = [" ".join(each["arguments"]) for each in seen(pulumi)]
    assert [line.split()[1] for line in lines] == ["preview", "up", "refresh", "destroy", "refresh"]
    assert all(f"--stack {STACK}" in line and line.startswith("--non-interactive ") for line in lines)
    assert "--preview-only" in lines[4] and not any("--preview-only" in line for line in lines[:4])
    assert "--skip-preview" not in lines[0] + lines[4]
    assert all("--yes" in line and "--skip-preview" in line for line in lines[1:4])


def test_policies_configuration_and_what_the_api_has_no_word_for_go_along(pulumi: Pulumi) -> None:
    options = ("--policy-pack", POLICIES, "--import-pending-creates", "urn", "--import-pending-creates", "id")
    pulumi.run("refresh", STACK, *options, what="x")
    told = seen(pulumi)[0]
    assert " ".join(options) in " ".join(told["arguments"])
    assert json.loads(told["config"])["careplane:tenant"] == "lakeside"


def test_another_configuration_file_is_told_to_the_policies_too(pulumi: Pulumi, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("config:\n  careplane:decommission: 'true'\n")
    pulumi.run("preview", STACK, "--config-file", str(other), what="x")
    assert json.loads(seen(pulumi)[0]["config"]) == {"careplane:decommission": "true"}


def test_outputs_come_from_the_events(pulumi: Pulumi) -> None:
    assert pulumi.run("up", STACK, what="x").outputs == OUTPUTS


def test_an_error_of_the_engine_is_said_in_its_words(pulumi: Pulumi, plan: Plan) -> None:
    error = {"diagnosticEvent": {"severity": "error", "urn": f"{ROOT}::database", "message": "no quota"}}
    plan(events=[error], code=255, say="error: update failed")
    with pytest.raises(EngineFailed, match=r"pulumi up failed\n  database: no quota\n  log: .*lakeside.log"):
        pulumi.run("up", STACK, what="x")


def test_a_failure_before_any_event_is_said_as_the_cli_did(pulumi: Pulumi, plan: Plan) -> None:
    plan(events=[], code=255, say=f"error: no stack named '{STACK}' found")
    with pytest.raises(
        EngineFailed, match=rf"pulumi preview failed\n  error: no stack named '{STACK}' found\n  log: "
    ):
        pulumi.run("preview", STACK, what="x")


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_success_without_a_summary_is_no_success(pulumi: Pulumi, plan: Plan, verb: str) -> None:
    plan(events=EVENTS[:1])
    with pytest.raises(EngineFailed, match="not all of the engine's events arrived"):
        pulumi.run(verb, STACK, what="x")


@pytest.mark.filterwarnings("ignore:Failed to parse engine event")
def test_an_event_that_the_sdk_cannot_read_is_no_success(pulumi: Pulumi, plan: Plan) -> None:
    odd = {"resourcePreEvent": {"metadata": {"op": "teleport", "urn": ROOT, "type": "t"}}}
    plan(events=[odd, *EVENTS])
    with pytest.raises(EngineFailed, match="not all of the engine's events arrived"):
        pulumi.run("up", STACK, what="x")


def test_the_log_has_the_command_and_what_it_wrote(pulumi: Pulumi, plan: Plan) -> None:
    plan(say="Resources: 3 created")
    pulumi.run("up", STACK, what="x")
    first, second = pulumi.log(STACK).read_text().splitlines()
    assert first.startswith("$ pulumi --non-interactive up") and second == "Resources: 3 created"


def test_progress_goes_on_while_the_engine_says_nothing(pulumi: Pulumi, plan: Plan) -> None:
    class Counted(Progress):
        steps = 0

        def step(self, stack: str, what: str, touched: int) -> None:
            self.steps += 1

    plan(seconds=0.5)
    pulumi.run("up", STACK, what="x", progress=(counted := Counted()))
    assert counted.steps > 5


def test_two_operations_on_one_stack_hear_their_own_events_only(pulumi: Pulumi, plan: Plan) -> None:
    plan(seconds=0.3)
    found: list[dict[str, int]] = []
    threads = [
        threading.Thread(target=lambda: found.append(pulumi.run("preview", STACK, what="x").differences))
        for _ in range(3)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [{"create": 3}] * 3
    assert not list(pulumi.home.rglob("*.events"))


STARTS = """
import sys
from pathlib import Path
from infra.cli.pulumi import Pulumi
pulumi = Pulumi(home=Path(sys.argv[1]) / "home", root=Path(sys.argv[1]))
pulumi.run("up", "local-tenant-lakeside", what="x")
"""


def started(pulumi: Pulumi) -> tuple[subprocess.Popen[bytes], int]:
    """Another process with an engine at work, and that engine's number."""
    child = subprocess.Popen([sys.executable, "-c", STARTS, str(pulumi.root)], stderr=subprocess.DEVNULL)
    log = pulumi.root / "plan.seen"
    while not (
        log.exists() and log.read_text().endswith("\n") and pulumi.log(STACK).read_text().count("\n") > 1
    ):
        assert child.poll() is None
        time.sleep(0.05)
    return child, int(seen(pulumi)[0]["pid"])


def test_an_interrupt_ends_the_engine_and_waits_for_it(pulumi: Pulumi, plan: Plan) -> None:
    plan(seconds=60, say="at work")
    child, engine = started(pulumi)
    child.send_signal(signal.SIGINT)
    child.wait(20)
    assert seen(pulumi)[-1]["arguments"] == ["terminated"]
    with pytest.raises(ProcessLookupError):
        os.kill(engine, 0)


def test_an_engine_outlives_a_command_that_is_killed_and_ends_its_work(pulumi: Pulumi, plan: Plan) -> None:
    plan(seconds=1, say="at work")
    child, engine = started(pulumi)
    child.kill()
    child.wait()
    os.kill(engine, 0)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{engine}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert seen(pulumi)[-1]["arguments"] != ["terminated"]


def test_a_question_is_answered_or_fails_with_the_clis_words(pulumi: Pulumi, plan: Plan) -> None:
    plan(say="[]")
    assert pulumi.known() == set()
    plan(code=255, say="error: passphrase must be set")
    with pytest.raises(EngineFailed, match=f"{STACK}: pulumi stack export failed\n  error: passphrase"):
        pulumi.export(STACK)


def test_a_stack_that_is_there_is_told_apart(pulumi: Pulumi, plan: Plan) -> None:
    plan(code=255, say=f"error: stack 'organization/careplane/{STACK}' already exists")
    with pytest.raises(AlreadyThere):
        pulumi.ask("stack", "init", "--stack", STACK, "--no-select")


def test_no_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    automation.command.cache_clear()
    with pytest.raises(NoEngine):
        automation.command()


def test_a_cli_too_old_for_the_sdk(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "bin" / "pulumi").write_text("#!/bin/sh\necho v2.0.0\n")
    with pytest.raises(WrongEngine, match=r"the pulumi on PATH cannot be used: .*2\.0\.0"):
        automation.command()
