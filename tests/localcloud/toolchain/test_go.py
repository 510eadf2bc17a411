"""Which Go builds the CLI, and what is said when the build fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.toolchain import build, go
from localcloud.toolchain.errors import StepFailed
from localcloud.toolchain.process import must


def fake_go(folder: Path, version: str, script: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "go"
    path.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = version ]; then echo go version go{version} linux/amd64; exit; fi\n{script}\n'
    )
    path.chmod(0o755)
    return path


def test_a_new_enough_go_on_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fake_go(tmp_path / "bin", "1.26.0")
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    assert go.obtain(tmp_path / "cache") == path


def test_an_old_go_on_path_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fake_go(tmp_path / "bin", "1.25.9")
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    assert go.on_path() is None


def test_a_go_that_was_installed_before_is_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    installed = fake_go(tmp_path / f"go-{go.GO}/lib/python3.11/site-packages/go/bin", go.GO)
    assert go.obtain(tmp_path) == installed


def test_the_build_names_version_and_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fake_go(tmp_path / "bin", "1.27.0", f'echo "$CGO_ENABLED $GOWORK $*" > {tmp_path}/said')
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    build.build(tmp_path / "out", tmp_path)
    said = (tmp_path / "said").read_text()
    assert said.startswith("0 off build -trimpath")
    assert "version.Version=v3.259.0" in said
    assert f"-o {tmp_path}/out/pulumi github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" in said


def test_a_failed_build_carries_the_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fake_go(
        tmp_path / "bin", "1.27.0", "echo downloading; echo module proxy: no such host >&2; exit 1"
    )
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    with pytest.raises(StepFailed, match="ended with status 1: downloading / module proxy: no such host"):
        build.build(tmp_path / "out", tmp_path)


def test_a_tool_that_is_not_there_is_named() -> None:
    with pytest.raises(StepFailed, match="cannot run /nowhere/tool"):
        must("step", ["/nowhere/tool"])
