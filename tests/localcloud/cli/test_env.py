"""`env`: what it prints can be read by any POSIX shell, whatever the folder is called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.cli import env, main
from localcloud.toolchain.versions import PULUMI
from tests.localcloud.cli.places import ROOT, settings
from tests.localcloud.toolchain.fakes import fake_pulumi

ODD = 'it\'s a $HOME `folder` with "quotes"'


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds a CLI, and no other CLI on PATH."""
    root = tmp_path / "cache"
    fake_pulumi(root / "careplane" / "toolchain" / f"pulumi-{PULUMI}" / "bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(root))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return root


def give_token(home: Path, token: str = "operator-secret") -> None:
    (home / "localcloud").mkdir(parents=True)
    (home / "localcloud" / "operator-token").write_text(token + "\n")


@pytest.mark.usefixtures("cached")
def test_a_shell_reads_back_what_was_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / ODD
    give_token(home)
    assert main(["env"], {**os.environ, "CAREPLANE_HOME": str(home)}) == 0
    printed = capsys.readouterr().out
    script = (
        printed + '\nprintf "%s\\n" "$PULUMI_HOME" "$GOOGLE_OAUTH_ACCESS_TOKEN" "$PATH" "$PULUMI_BACKEND_URL"'
    )
    done = subprocess.run(
        ["sh", "-euc", script], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin"}
    )
    pulumi_home, token, path, backend = done.stdout.splitlines()
    assert (pulumi_home, token) == (f"{home}/pulumi", "operator-secret")
    assert path.endswith(":/usr/bin:/bin") and f"{home}/toolchain/plugin" in path
    assert backend == (home / "state").as_uri()


@pytest.mark.usefixtures("cached")
def test_a_python_without_the_packages_names_the_environment_of_the_checkout(tmp_path: Path) -> None:
    give_token(tmp_path)
    bare = [sys.executable, "-S", "-m", "localcloud", "env", "--json"]
    done = subprocess.run(
        bare,
        cwd=ROOT,
        env={**os.environ, "CAREPLANE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    variables = json.loads(done.stdout)
    environment = ROOT / ".venv" / "bin"
    if not environment.exists():
        pytest.skip("this checkout has no .venv")
    assert variables["CAREPLANE_PYTHON"] == str(environment / "python")
    assert str(environment) in variables["PATH"].split(os.pathsep)


@pytest.mark.usefixtures("cached")
def test_asking_twice_adds_nothing_to_path(tmp_path: Path) -> None:
    give_token(tmp_path)
    first = env.environment(settings(tmp_path), os.environ)
    assert env.environment(settings(tmp_path), os.environ | first) == first


@pytest.mark.usefixtures("cached")
def test_nothing_leaves_this_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    give_token(tmp_path)
    assert main(["env", "--json"], {**os.environ, "CAREPLANE_HOME": str(tmp_path)}) == 0
    variables = json.loads(capsys.readouterr().out)
    assert variables["HTTPS_PROXY"] == variables["https_proxy"] == "http://127.0.0.1:9"
    assert "127.0.0.1" in variables["NO_PROXY"]
    assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == "true"


@pytest.mark.usefixtures("cached")
def test_before_the_first_start_nothing_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["env"], {**os.environ, "CAREPLANE_HOME": str(tmp_path)}) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and "python -m localcloud up" in captured.err


def test_without_a_cli_nothing_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    give_token(tmp_path)
    assert main(["env"], {**os.environ, "CAREPLANE_HOME": str(tmp_path)}) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and "python -m localcloud toolchain" in captured.err
