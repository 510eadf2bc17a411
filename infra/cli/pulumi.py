"""Runs the Pulumi CLI from PATH and follows its event log."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra.cli.errors import EngineFailed, NoEngine
from infra.cli.events import Outcome
from infra.cli.places import ROOT
from infra.cli.progress import Progress

POLICIES = "policies/pack"


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

    def require(self) -> None:
        if shutil.which("pulumi") is None:
            raise NoEngine
        (self.home / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)

    def log(self, stack: str) -> Path:
        return self.home / "logs" / f"{stack}.log"

    def ask(self, *arguments: str) -> str:
        """Standard output of a command that answers at once."""
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            stack = arguments[arguments.index("--stack") + 1] if "--stack" in arguments else "pulumi"
            raise EngineFailed(stack, " ".join(arguments[:2]), [done.stderr], self.home / "logs")
        return done.stdout

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
        events = self.home / "logs" / f"{stack}.{verb}.events"
        events.unlink(missing_ok=True)
        command = [
            "pulumi",
            verb,
            "--stack",
            stack,
            "--non-interactive",
            "--color",
            "never",
            "--event-log",
            str(events),
            *options,
        ]
        outcome = Outcome()
        with self.log(stack).open("a") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            # --event-log is one of the flags that the CLI shows to programs only.
            environment = {
                **os.environ,
                "PULUMI_DEBUG_COMMANDS": "true",
                "PULUMI_CONFIG": self._settings(stack, options),
            }
            child = subprocess.Popen(
                command,
                cwd=self.root,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
            _follow(child, events, outcome, stack, what, progress or Progress())
        if child.returncode and not (outcome.errors or outcome.violations):
            outcome.errors.append(_tail(self.log(stack)))
        return outcome

    def _settings(self, stack: str, options: tuple[str, ...]) -> str:
        """The configuration for the policy pack: pulumi-policy for Python drops what the engine tells it."""
        chosen = options[options.index("--config-file") + 1] if "--config-file" in options else ""
        path = Path(chosen) if chosen else self.stacks / f"Pulumi.{stack}.yaml"
        values: dict[str, Any] = yaml.safe_load(path.read_text()).get("config") or {}
        return json.dumps(
            {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
        )


def _follow(
    child: subprocess.Popen[bytes], events: Path, outcome: Outcome, stack: str, what: str, progress: Progress
) -> None:
    reader = _lines(events)
    try:
        while True:
            ended = child.poll() is not None
            for line in next(reader):
                outcome.take(json.loads(line))
            if ended:
                return
            progress.step(stack, what, outcome.touched)
            time.sleep(0.05)
    except BaseException:
        child.terminate()
        child.wait()
        raise


def _lines(path: Path) -> Iterator[list[str]]:
    """At every step the whole lines that have been added."""
    rest = ""
    position = 0
    while True:
        if path.exists():
            with path.open() as file:
                file.seek(position)
                rest += file.read()
                position = file.tell()
        *whole, rest = rest.split("\n")
        yield [line for line in whole if line]


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
