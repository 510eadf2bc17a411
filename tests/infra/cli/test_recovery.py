from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.cli import recovery
from infra.cli.errors import EngineBusy
from infra.cli.events import Outcome
from infra.cli.progress import Progress
from infra.cli.pulumi import Pulumi

RING = "urn:pulumi:s::careplane::gcp:kms/keyRing:KeyRing::ring"
FOLDER = "urn:pulumi:s::careplane::gcp:organizations/folder:Folder::folder"
INPUTS = {"project": "p", "location": "europe-west3", "name": "r"}
NEW = {"urn": RING, "type": "gcp:kms/keyRing:KeyRing", "custom": True, "inputs": INPUTS, "provider": "pr::1"}


@dataclass(frozen=True)
class Recorded(Pulumi):
    """Keeps the commands; answers exports from `state`."""

    state: dict[str, Any] = field(default_factory=dict)
    commands: list[tuple[str, ...]] = field(default_factory=list)

    def ask(self, *arguments: str) -> str:
        self.commands.append(arguments)
        if arguments[:2] == ("stack", "import"):
            self.state.update(json.loads(Path(arguments[-1]).read_text()))
        return json.dumps(self.state)

    def run(
        self, verb: str, stack: str, *options: str, what: str, progress: Progress | None = None
    ) -> Outcome:
        self.commands.append((verb, stack, *options))
        return Outcome()


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    monkeypatch.setenv("PULUMI_BACKEND_URL", tmp_path.as_uri())
    return Recorded(home=tmp_path, state={"deployment": {"resources": []}})


def verbs(pulumi: Recorded) -> list[str]:
    return [command[0] for command in pulumi.commands]


def test_a_settled_stack_is_only_looked_at(pulumi: Recorded) -> None:
    recovery.settle(pulumi, "s", Progress())
    assert verbs(pulumi) == ["stack"]


def test_interrupted_creation_is_adopted_under_its_identifier(pulumi: Recorded) -> None:
    resource = {"urn": RING, "type": "gcp:kms/keyRing:KeyRing", "inputs": INPUTS}
    pulumi.state["deployment"]["pending_operations"] = [{"type": "creating", "resource": resource}]
    recovery.settle(pulumi, "s", Progress())
    refresh = pulumi.commands[-1]
    assert refresh[0] == "refresh"
    assert "projects/p/locations/europe-west3/keyRings/r" in refresh


def test_creation_whose_name_the_server_chose_is_cleared(pulumi: Recorded) -> None:
    resource = {"urn": FOLDER, "type": "gcp:organizations/folder:Folder", "inputs": {}}
    pulumi.state["deployment"]["pending_operations"] = [{"type": "creating", "resource": resource}]
    recovery.settle(pulumi, "s", Progress())
    assert "--clear-pending-creates" in pulumi.commands[-1]


def test_creation_without_an_answer_is_remembered_and_settled_next_time(pulumi: Recorded) -> None:
    outcome = Outcome(begun={RING: NEW}, error_urns={RING: "POST …: connection refused"})
    recovery.remember(pulumi, "s", outcome)
    recovery.settle(pulumi, "s", Progress())
    assert verbs(pulumi)[-1] == "refresh"
    pulumi.commands.clear()
    pulumi.state["deployment"]["pending_operations"] = []
    recovery.settle(pulumi, "s", Progress())
    assert verbs(pulumi) == ["stack"]


def test_creation_that_was_refused_is_never_adopted(pulumi: Recorded) -> None:
    outcome = Outcome(begun={RING: NEW}, error_urns={RING: "409 ALREADY_EXISTS: Resource exists"})
    recovery.remember(pulumi, "s", outcome)
    recovery.settle(pulumi, "s", Progress())
    assert verbs(pulumi) == ["stack"]


class TestAnEngineThatOutlivedItsCommand:
    """Its lock is in the backend, and its process runs."""

    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recovery, "_LOOK", 0.01)

    def at_work(self, monkeypatch: pytest.MonkeyPatch, looks: int) -> list[str]:
        """An engine that ends after so many looks; what was asked of it."""
        left = [77] * looks
        asked: list[str] = []

        def holder(stack: str, backend: str) -> int | None:
            asked.append(stack)
            return left.pop() if left else None

        monkeypatch.setattr(recovery, "holder", holder)
        return asked

    def test_is_waited_for_with_one_line_and_then_the_state_is_read(
        self, pulumi: Recorded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked, out = self.at_work(monkeypatch, 5), io.StringIO()
        recovery.settle(pulumi, "s", Progress(out))
        assert asked == ["s"] * 6 and verbs(pulumi) == ["stack"]
        assert out.getvalue() == ("s: waiting for the engine of an earlier command (process 77) to end\n")

    def test_is_left_alone_by_who_leaves(self, pulumi: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at_work(monkeypatch, 1000)
        with pytest.raises(EngineBusy, match=r"process 77.*left before it had ended; run again"):
            recovery.settle(pulumi, "s", Progress(io.StringIO(), stopped=lambda: True))
        assert pulumi.commands == []

    def test_is_not_waited_for_for_ever(self, pulumi: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at_work(monkeypatch, 1000)
        monkeypatch.setattr(recovery, "PATIENCE", 0.05)
        with pytest.raises(EngineBusy, match="still at work after 0 s"):
            recovery.settle(pulumi, "s", Progress(io.StringIO()))
