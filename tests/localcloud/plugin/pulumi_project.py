"""A Pulumi project in a folder of its own, run by the real engine against a running localcloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from localcloud.cli.env import environment
from localcloud.ports import APIS
from localcloud.toolchain import cli
from tests.localcloud.running import RunningCloud

_KEPT = ("PATH", "HOME", "LANG", "XDG_CACHE_HOME", "GOPATH", "GOFLAGS", "GOPROXY", "TMPDIR")


@dataclass
class Said:
    """What a Pulumi command said."""

    code: int
    text: str


@dataclass
class Project:
    """One stack, `test`, of one project."""

    folder: Path
    environ: dict[str, str]

    def program(self, text: str) -> None:
        (self.folder / "__main__.py").write_text(text)

    def pulumi(self, *arguments: str) -> Said:
        command = ["pulumi", *arguments, "--non-interactive"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environ, capture_output=True, text=True, timeout=300
        )
        return Said(done.returncode, done.stdout + done.stderr)

    def must(self, *arguments: str) -> str:
        said = self.pulumi(*arguments)
        assert said.code == 0, f"pulumi {' '.join(arguments)}\n{said.text[-8000:]}"
        return said.text

    def up(self, text: str) -> str:
        self.program(text)
        return self.must("up", "--yes", "--skip-preview")

    def unchanged(self) -> None:
        """The next preview is empty, and Google has what the state says."""
        self.must("preview", "--expect-no-changes", "--diff")
        self.must("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff")

    def states(self) -> dict[str, dict[str, Any]]:
        """Every resource of the stack's state by its name in the program."""
        exported = json.loads(self.must("stack", "export"))
        return {r["urn"].rsplit("::", 1)[-1]: r for r in exported["deployment"]["resources"]}


def create(folder: Path, cloud: RunningCloud) -> Project:
    """A project whose configuration names every endpoint of the cloud."""
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    cli.obtain(cli.default_ways(kept))
    state = folder / "state"
    state.mkdir(parents=True)
    project = Project(
        folder, {**kept, **environment(cloud.settings, kept), "PULUMI_BACKEND_URL": state.as_uri()}
    )
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "plugin-test", "runtime": runtime}))
    root = f"http://{cloud.settings.address}"
    endpoints = {
        f"gcp:{key}": f"{root}:{cloud.settings.port(api.name)}{path}"
        for api in APIS
        for key, path in api.endpoints
    }
    settings = {"gcp:project": "careplane-cell", "gcp:region": "europe-west3", **endpoints}
    (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": settings}))
    project.program("")
    project.must("stack", "init", "test")
    return project
