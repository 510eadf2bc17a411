"""`doctor`: before the first `make up` nothing that it installs by itself counts as missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.cli import doctor
from tests.free_ports import free_base
from tests.localcloud.cli.places import ROOT


def test_a_python_without_packages_is_no_defect_before_the_first_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    found = doctor.packages(tmp_path)
    assert not found.needed and "make up" in found.fix


def test_an_environment_without_packages_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    found = doctor.packages(tmp_path)
    assert found.needed and "make up" in found.fix


def test_without_uv_and_without_venv_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    found = doctor.installer(tmp_path)
    assert found.needed and "python3-venv" in found.fix


def test_a_bare_python_runs_it_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "localcloud", "doctor", "--json"],
        cwd=ROOT,
        env={
            **os.environ,
            "CAREPLANE_HOME": str(tmp_path),
            "CAREPLANE_PORT_BASE": str(free_base()),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    findings = {each["what"]: each for each in json.loads(done.stdout)}
    assert findings["Python"]["well"] and findings["local cloud"]["well"], done.stderr
