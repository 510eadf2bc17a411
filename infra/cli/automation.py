"""Pulumi's Automation API over the stacks of a checkout, with three of its public parts replaced.

`Stack.preview`, `up`, `refresh` and `destroy` run the program of a folder and hand over what the engine does
as typed events. As they stand, a tenant of a fleet would cost 1.1 s of CPU time more than the 10 s that its
engine takes (on 2 cores: 0.2 s to select the stack, 0.55 s for its outputs, 0.35 s for its history):

- `Engine` runs the CLI with its output in the log file. A pipe would break when this process is killed, and
  the engine with it, in the middle of a creation; and an interrupt would leave the engine behind.
- `Checkout` selects nothing, since every command names its stack, and a person's own selection is not ours.
  Settings stay where `stackConfigDir` says: `LocalWorkspace.stack_settings` would not find them.
- `Run` knows outputs and summary from its own events.
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pulumi.automation import (
    CommandResult,
    InvalidVersionError,
    LocalWorkspace,
    OpType,
    OutputMap,
    OutputValue,
    PulumiCommand,
    Stack,
    UpdateSummary,
)
from pulumi.automation._stack import StackInitMode  # Of Stack's constructor, and exported nowhere.
from pulumi.automation.errors import create_command_error

from infra.cli.errors import NoEngine, WrongEngine
from infra.cli.events import SECRET, Outcome

_PAUSE = 0.05
_GIVEN = ("--preview-only", "--skip-preview", "--yes")
"""Flags that the API sets itself."""


@functools.cache
def command() -> PulumiCommand:
    """The CLI of PATH, once its version was found to fit the SDK."""
    try:
        return PulumiCommand()
    except FileNotFoundError as error:
        raise NoEngine from error
    except InvalidVersionError as error:
        raise WrongEngine(str(error)) from error


class Engine(PulumiCommand):
    """One command of the CLI, followed by `tick` many times a second; an interrupt ends it, gently."""

    def __init__(self, log: Path, tick: Callable[[], None]) -> None:
        self.command, self.version = command().command, command().version
        self._log, self._tick = log, tick
        self.said = ""

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], object] | None = None,
        on_error: Callable[[str], object] | None = None,
    ) -> CommandResult:
        line = [self.command, "--non-interactive", *args]
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(line)}\n")
            log.flush()
            start = log.tell()
            child = subprocess.Popen(
                line,
                cwd=cwd,
                env={**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            self._await(child)
        self.said = _since(self._log, start)
        result = CommandResult("", self.said, child.returncode)
        if child.returncode:
            raise create_command_error(result)
        return result

    def _await(self, child: subprocess.Popen[bytes]) -> None:
        try:
            while True:
                self._tick()
                try:
                    child.wait(_PAUSE)
                    return
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            child.terminate()
            child.wait()
            raise


class Checkout(LocalWorkspace):
    """The folder of `Pulumi.yaml`; `options` go with every command, as the CLI spells them."""

    def __init__(
        self, root: Path, engine: PulumiCommand, options: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        super().__init__(work_dir=str(root), env_vars=environment, pulumi_command=engine)
        self._options = [option for option in options if option not in _GIVEN]

    def select_stack(self, stack_name: str) -> None:
        """Nothing: see above."""

    def serialize_args_for_op(self, stack_name: str) -> list[str]:
        return list(self._options)


class Run(Stack):
    """One operation on one stack; `outcome` is what its events said."""

    def __init__(self, name: str, workspace: Checkout, outcome: Outcome) -> None:
        super().__init__(name, workspace, StackInitMode.SELECT)
        self._outcome, self._begun = outcome, datetime.now(UTC)

    def operate(self, verb: str, preview_only: bool) -> None:
        """`preview`, `up`, `refresh` or `destroy`; a CommandError where the CLI failed."""
        name = f"preview_{verb}" if preview_only else verb
        try:
            getattr(self, name)(on_event=self._outcome.take, color="never")
        except RuntimeError as error:
            # A preview without a summary: the outcome knows that it was not whole.
            if "summary event" not in str(error):
                raise

    def outputs(self) -> OutputMap:
        """Secret ones stay hidden."""
        return {key: OutputValue(value, value == SECRET) for key, value in self._outcome.outputs.items()}

    def info(self, show_secrets: bool = True) -> UpdateSummary:
        return UpdateSummary(
            kind="update",
            start_time=self._begun,
            message="",
            environment={},
            config={},
            result="succeeded",
            end_time=datetime.now(UTC),
            resource_changes={OpType(name): count for name, count in self._outcome.changes.items()},
        )


def _since(log: Path, start: int, lines: int = 15) -> str:
    """The last lines that were written from there on."""
    with log.open(errors="replace") as file:
        file.seek(start)
        return "\n".join(file.read().splitlines()[-lines:])
