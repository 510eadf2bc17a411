"""Where the launchers are written, for each kind of CLI."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from localcloud.toolchain import launchers
from localcloud.toolchain.cli import Pulumi
from tests.localcloud.toolchain.fakes import fake_pulumi


def test_a_cached_cli_gets_our_host_beside_it(tmp_path: Path) -> None:
    pulumi = Pulumi(fake_pulumi(tmp_path / "cache"), (3, 259, 0), "cache")
    folders = launchers.write(pulumi, tmp_path / "home")
    assert os.access(tmp_path / "cache" / "pulumi-language-python", os.X_OK)
    assert folders.path == [tmp_path / "cache", tmp_path / "home" / "toolchain" / "plugin"]
    assert not pulumi.own_host


def test_a_cli_that_brings_its_host_keeps_it(tmp_path: Path) -> None:
    pulumi = Pulumi(fake_pulumi(tmp_path / "bin", host=True), (3, 259, 0), "PATH")
    folders = launchers.write(pulumi, tmp_path / "home")
    assert folders.host is None
    assert (tmp_path / "bin" / "pulumi-language-python").read_bytes() == b"\x7fELF"


def test_nothing_is_written_beside_somebody_elses_cli(tmp_path: Path) -> None:
    pulumi = Pulumi(fake_pulumi(tmp_path / "bin"), (3, 259, 0), "PATH")
    folders = launchers.write(pulumi, tmp_path / "home")
    assert [file.name for file in (tmp_path / "bin").iterdir()] == ["pulumi"]
    assert folders.path[0] == tmp_path / "home" / "toolchain" / "host"


def test_the_plugin_is_alone_in_its_folder(tmp_path: Path) -> None:
    folders = launchers.write(Pulumi(fake_pulumi(tmp_path / "c"), (3, 259, 0), "cache"), tmp_path / "home")
    assert [file.name for file in folders.plugin.iterdir()] == ["pulumi-resource-gcp"]


def test_writing_again_leaves_the_files_alone(tmp_path: Path) -> None:
    pulumi = Pulumi(fake_pulumi(tmp_path / "cache"), (3, 259, 0), "cache")
    files = [
        tmp_path / "cache" / "pulumi-language-python",
        tmp_path / "home/toolchain/plugin/pulumi-resource-gcp",
    ]
    launchers.write(pulumi, tmp_path / "home")
    before = [file.stat().st_ino for file in files]
    launchers.write(pulumi, tmp_path / "home")
    assert [file.stat().st_ino for file in files] == before


def test_the_shared_host_says_what_to_do_when_no_checkout_called_it(tmp_path: Path) -> None:
    launchers.write(Pulumi(fake_pulumi(tmp_path / "cache"), (3, 259, 0), "cache"), tmp_path / "home")
    done = subprocess.run(
        [tmp_path / "cache" / "pulumi-language-python", "127.0.0.1:1"],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "python -m localcloud env" in done.stderr
