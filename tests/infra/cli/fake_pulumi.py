"""The Pulumi CLI as commands of `infra` see it, without one: stacks in memory, outcomes as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.cli.events import Outcome
from infra.cli.progress import Progress
from infra.cli.pulumi import Pulumi

CREATED = {"create": 3}
Result = Callable[[str, str], Outcome]
"""From verb and stack to what the engine did."""


def creates(verb: str, stack: str) -> Outcome:
    return Outcome(changes=dict(CREATED))


def fails(*stacks: str, verb: str = "up") -> Result:
    """The engine fails for these stacks, at this verb."""

    def result(done: str, stack: str) -> Outcome:
        return Outcome(errors=["no quota"]) if stack in stacks and done == verb else creates(done, stack)

    return result


@dataclass(frozen=True)
class FakePulumi(Pulumi):
    """`commands` are (verb, stack) in order; `resources` what each stack's state holds."""

    result: Result = creates
    commands: list[tuple[str, str]] = field(default_factory=list)
    states: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        (self.home / "logs").mkdir(parents=True, exist_ok=True)

    def require(self) -> None:
        pass

    def ask(self, *arguments: str) -> str:
        stack = arguments[arguments.index("--stack") + 1]
        self._note(" ".join(arguments[:2]), stack)
        if arguments[:2] == ("stack", "init"):
            self.states[stack] = []
        if arguments[:2] == ("stack", "import"):
            given = json.loads(Path(arguments[arguments.index("--file") + 1]).read_text())
            self.states[stack] = given["deployment"]["resources"]
        if arguments[:2] == ("stack", "rm"):
            assert not self.states.pop(stack)
        return ""

    def known(self) -> set[str]:
        return set(self.states)

    def export(self, stack: str) -> dict[str, Any]:
        return {"deployment": {"resources": [dict(each) for each in self.states[stack]]}}

    def outputs(self, stack: str) -> dict[str, Any]:
        return self.told.get(stack, {"baseUrl": f"http://{stack}"})

    def attempt(
        self, verb: str, stack: str, *options: str, what: str, progress: Progress | None = None
    ) -> Outcome:
        self._note(verb, stack)
        outcome = self.result(verb, stack)
        if verb == "destroy" and not outcome.errors:
            self.states[stack] = []
        if verb == "up" and _decommissions(options):
            self.states[stack] = [{**each, "protect": False} for each in self.states[stack]]
        return outcome

    def _note(self, verb: str, stack: str) -> None:
        with self.lock:
            self.commands.append((verb, stack))

    def touched(self, verb: str = "up") -> list[str]:
        return [stack for done, stack in self.commands if done == verb]


def _decommissions(options: tuple[str, ...]) -> bool:
    """Whether the configuration that is named lifts protection."""
    if "--config-file" not in options:
        return False
    return "careplane:decommission" in Path(options[options.index("--config-file") + 1]).read_text()
