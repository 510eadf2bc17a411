"""Fake CLIs: shell scripts that answer `version` as the real ones do."""

from __future__ import annotations

from pathlib import Path

from localcloud.toolchain.cli import Obtain, Ways
from localcloud.toolchain.errors import StepFailed


def fake_pulumi(folder: Path, version: str = "v3.259.0", *, code: int = 0, host: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pulumi"
    path.write_text(f"#!/bin/sh\necho {version}\nexit {code}\n")
    path.chmod(0o755)
    if host:
        beside = folder / "pulumi-language-python"
        beside.write_bytes(b"\x7fELF")
        beside.chmod(0o755)
    return path


class Step:
    """One way of obtaining a CLI that counts how often it was taken."""

    def __init__(self, *, fails: str | None = None, gives: str = "v3.259.0") -> None:
        self.taken = 0
        self._fails, self._gives = fails, gives

    def __call__(self, folder: Path) -> None:
        self.taken += 1
        if self._fails:
            raise StepFailed("fake", self._fails)
        fake_pulumi(folder, self._gives)


class Said:
    """Collects what the toolchain tells the person."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


def ways(root: Path, *steps: Obtain, path: str = "", say: Said | None = None) -> Ways:
    named = tuple((f"way {number}", step) for number, step in enumerate(steps, 1))
    return Ways(root, path, named, say or Said())
