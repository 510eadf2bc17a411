"""The synthetic drill's CLI in a process of its own, which can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runbooks.drill.journal import read
from tests.runbooks.synthetic import STACK

ROOT = Path(__file__).resolve().parents[2]
STEPS = range(1, 11)
"""Steps of the synthetic drill: one and one before, two of the method, one, a check, two, one, a check."""


@dataclass
class Runner:
    """A folder that the drill runs against, and the commands of its CLI."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "stack").mkdir(parents=True)
        (self.folder / "stack" / "data").write_text("every row")
        self.environ = {
            **os.environ,
            "SYNTHETIC": str(self.folder / "stack"),
            "CAREPLANE_HOME": str(self.folder / "home"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.environ.pop("STOP_AT", None)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def journal(self) -> dict[str, Any]:
        return read(self.out)

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "stack").glob("made-*"))

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.runbooks.synthetic", *arguments],
            cwd=ROOT,
            env={**self.environ, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def drill(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return self.start(
            "drill", "copy-and-restore", "--stack", STACK, "--out", str(self.out), *arguments, **more
        )

    def call(self, *arguments: str, **more: str) -> tuple[int, str, str]:
        return end(self.start(*arguments, **more))

    def reached(self, step: int, process: subprocess.Popen[str]) -> None:
        """Wait until the runner is in this step, with its start in the journal."""
        place, deadline = self.folder / "stack" / "at", time.monotonic() + 60
        while not (place.exists() and int(place.read_text()) >= step):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def killed_at(self, step: int, number: signal.Signals, *arguments: str) -> tuple[int, str, str]:
        """Run the drill, and send a signal while it is in a step."""
        process = self.drill("--unsigned", *arguments, STOP_AT=str(step))
        self.reached(step, process)
        process.send_signal(number)
        return end(process)


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=90)
    return process.returncode, out, err


def statuses(journal: dict[str, Any]) -> list[str]:
    return [entry["status"] for entry in journal["activities"]]


def shown(journal: dict[str, Any]) -> str:
    return json.dumps(journal["activities"], indent=1)
