"""A whole local place in a folder of its own: other ports, other state, the same programs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.free_ports import free_base

ROOT = Path(__file__).resolve().parents[2]
STACKS = (
    "local-organization",
    "local-foundation",
    "local-cell",
    "local-tenant-lakeside",
    "local-tenant-riverside",
)


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass
class Place:
    """Runs the same commands as `make up`, in a copy of the checkout."""

    root: Path
    port_base: int
    environ: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str, timeout: float = 600, **more: str) -> Result:
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**self.environ, **more},
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def python(self, *arguments: str, timeout: float = 600, **more: str) -> Result:
        return self.run(sys.executable, "-m", *arguments, timeout=timeout, **more)

    def must(self, *command: str, timeout: float = 600) -> str:
        """Run and require success; the standard output."""
        result = self.run(*command, timeout=timeout)
        assert result.code == 0, f"{' '.join(command)} exited {result.code}\n{result.said[-6000:]}"
        return result.out

    def outputs(self, stack: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.must("pulumi", "stack", "output", "--json", "--stack", stack))
        return found

    def token(self, tenant: str) -> str:
        return self.must(sys.executable, "-m", "localcloud", "token", "--tenant", tenant).strip()

    def api(self, offset: int) -> str:
        return f"http://127.0.0.1:{self.port_base + offset}"

    def google(
        self, verb: str, offset: int, path: str, body: Any = None, token: str | None = None
    ) -> httpx.Response:
        """Call an API (by its port offset) as the operator, or with another token."""
        bearer = token or self.environ["GOOGLE_OAUTH_ACCESS_TOKEN"]
        headers = {"Authorization": f"Bearer {bearer}"}
        return httpx.request(verb, self.api(offset) + path, json=body, headers=headers, timeout=60)


def copy_checkout(target: Path) -> None:
    """What git would carry, with this checkout's environment beside it."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    (target / ".venv").symlink_to(sys.prefix)


def move_ports(root: Path, base: int) -> None:
    """Stack files name the default ports; this place has others."""
    for path in (root / "stacks").glob("Pulumi.local-*.yaml"):
        moved = re.sub(r"127\.0\.0\.1:17(\d{3})", lambda m: f"127.0.0.1:{base + int(m[1])}", path.read_text())
        path.write_text(moved)


def commit_all(root: Path) -> None:
    """So that `git status` can say what a run leaves behind."""
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@example.org")
    subprocess.run([*git, "init", "-q"], cwd=root, check=True)
    (root / ".git" / "info" / "exclude").write_text(".venv\n")
    subprocess.run([*git, "add", "-A"], cwd=root, check=True)
    subprocess.run([*git, "commit", "-qm", "as tested"], cwd=root, check=True)


def base_environment(home: Path, port_base: int) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "XDG_CACHE_HOME", "GOPATH", "GOFLAGS", "GOPROXY", "TMPDIR")
    environ = {key: os.environ[key] for key in kept if key in os.environ}
    own = {"CAREPLANE_HOME": str(home), "CAREPLANE_PORT_BASE": str(port_base)}
    # The environment is the checkout's: without this the engine would run the checkout's programs.
    return {**environ, **own, "PYTHONPATH": str(home.parent)}


def start(root: Path) -> Place:
    """Copy, start the local cloud, and take over the environment that it prints."""
    copy_checkout(root)
    base = free_base()
    move_ports(root, base)
    commit_all(root)
    place = Place(root, base, base_environment(root / ".careplane", base))
    up = place.python("localcloud", "up")
    assert up.code == 0, up.said
    place.environ |= json.loads(place.must(sys.executable, "-m", "localcloud", "env", "--json"))
    return place


def stop(place: Place) -> None:
    place.python("localcloud", "down", timeout=120)
