"""The engine as the commands use it: operations on stacks by the Automation API, and questions to the CLI."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.automation import CommandError, StackAlreadyExistsError

from infra.cli.automation import Checkout, Engine, Run, command
from infra.cli.errors import AlreadyThere, EngineFailed, NoEngine
from infra.cli.events import Outcome
from infra.cli.places import ROOT
from infra.cli.progress import Progress
from infra.datafile import load

POLICIES = "policies/pack"
REHEARSAL = "rehearsal"
"""Below `home`: the root of what is rehearsed."""


@dataclass(frozen=True)
class Pulumi:
    """`home` takes logs and what one run leaves for the next."""

    home: Path = field(
        default_factory=lambda: Path(os.environ.get("CAREPLANE_HOME") or ROOT / ".careplane") / "infra"
    )
    root: Path = ROOT

    @property
    def stacks(self) -> Path:
        """The folder of the stack files."""
        return self.root / "stacks"

    @property
    def rehearsing(self) -> bool:
        """Whether a place of the cloud is run on the local cloud (`rehearsal.prepare`)."""
        return self.root == self.home / REHEARSAL

    def require(self) -> None:
        if shutil.which("pulumi") is None:
            raise NoEngine
        (self.home / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)

    def log(self, stack: str) -> Path:
        return self.home / "logs" / f"{stack}.log"

    def ask(self, *arguments: str) -> str:
        """Standard output of a command that answers at once."""
        said: list[str] = []
        try:
            line = [*arguments, "--color", "never"]
            return command().run(line, str(self.root), {}, on_error=said.append).stdout
        except CommandError as error:
            stack = arguments[arguments.index("--stack") + 1] if "--stack" in arguments else "pulumi"
            failed = AlreadyThere if isinstance(error, StackAlreadyExistsError) else EngineFailed
            raise failed(stack, " ".join(arguments[:2]), ["\n".join(said)], self.home / "logs") from error

    def known(self) -> set[str]:
        return {each["name"].rsplit("/", 1)[-1] for each in json.loads(self.ask("stack", "ls", "--json"))}

    def export(self, stack: str) -> dict[str, Any]:
        exported: dict[str, Any] = json.loads(self.ask("stack", "export", "--stack", stack))
        return exported

    def outputs(self, stack: str) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self.ask("stack", "output", "--json", "--stack", stack))
        return outputs

    def run(
        self, verb: str, stack: str, *options: str, what: str, progress: Progress | None = None
    ) -> Outcome:
        """A preview, up, refresh or destroy; fails with the engine's own words."""
        outcome = self.attempt(verb, stack, *options, what=what, progress=progress)
        if outcome.errors or outcome.violations:
            raise EngineFailed(stack, verb, outcome.violations + outcome.errors, self.log(stack))
        return outcome

    def attempt(
        self, verb: str, stack: str, *options: str, what: str, progress: Progress | None = None
    ) -> Outcome:
        """As `run`, but failures are in the outcome."""
        outcome, shown = Outcome(), progress or Progress()
        said: list[str] = []
        engine = Engine(self.log(stack), lambda: shown.step(stack, what, outcome.touched))
        workspace = Checkout(self.root, engine, options, {"PULUMI_CONFIG": self._settings(stack, options)})
        try:
            Run(stack, workspace, outcome).operate(verb, "--preview-only" in options)
        except CommandError:
            said.append(engine.said)
        outcome.close(said)
        return outcome

    def _settings(self, stack: str, options: tuple[str, ...]) -> str:
        """The configuration for the policy pack: pulumi-policy for Python drops what the engine tells it."""
        chosen = options[options.index("--config-file") + 1] if "--config-file" in options else ""
        path = Path(chosen) if chosen else self.stacks / f"Pulumi.{stack}.yaml"
        values: dict[str, Any] = load(path).get("config") or {}
        return json.dumps(
            {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
        )
