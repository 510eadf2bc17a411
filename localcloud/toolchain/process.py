"""Run a tool, quietly, with what it said at hand if it fails."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from localcloud.toolchain.errors import StepFailed


def output(
    command: Sequence[str | Path], *, seconds: float = 20, env: Mapping[str, str] | None = None
) -> str | None:
    """What a short command prints; None when it cannot be run, fails or takes too long."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
            stdin=subprocess.DEVNULL,
            env=None if env is None else dict(env),
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()


def must(
    step: str, command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> None:
    """Run a long command; its last words are part of the error."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise StepFailed(step, f"cannot run {words[0]} ({error.strerror})") from error
    if done.returncode != 0:
        last = " / ".join(line.strip() for line in done.stdout.strip().splitlines()[-4:])
        raise StepFailed(
            step, f"{' '.join(words[:3])} … ended with status {done.returncode}: {last or 'no output'}"
        )
