"""`doctor`: what this machine lacks, and how to get it. Exit code 1 when something needed is missing."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from localcloud.cli import control, instance
from localcloud.cli.errors import CliError
from localcloud.settings import LocalSettings
from localcloud.toolchain import cache, cli, go
from localcloud.toolchain.versions import GO, PULUMI, show

SPACE = 6_000_000_000
"""Bytes for the Python environment (0.7 GB), Go's build and module caches (3.3 GB), the CLI and the data."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `fix` is empty when it is well; only `needed` ones fail the command."""

    what: str
    found: str
    fix: str = ""
    needed: bool = True

    @property
    def well(self) -> bool:
        return not self.fix


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    findings = examine(settings)
    if args.json:
        print(json.dumps([asdict(each) | {"well": each.well} for each in findings], indent=2))
    else:
        for each in findings:
            print(
                f"{_mark(each):<8} {each.what:<18} {each.found}"
                + (f"\n{'':<27} -> {each.fix}" if each.fix else "")
            )
    return 1 if any(each.needed and not each.well for each in findings) else 0


def _mark(finding: Finding) -> str:
    return "ok" if finding.well else "MISSING" if finding.needed else "note"


def examine(settings: LocalSettings) -> list[Finding]:
    return [
        python(),
        installer(settings.root),
        packages(settings.root),
        git(),
        pulumi(),
        compiler(),
        space(settings.root),
        home(settings),
        server(settings),
        loopback(),
    ]


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fix = "" if sys.version_info >= (3, 11) else "install Python 3.11 or later"
    return Finding("Python", f"{version} ({sys.executable})", fix)


def installer(root: Path) -> Finding:
    """uv as `scripts/uv` finds or installs it; needed until the environment exists."""
    found = shutil.which("uv") or shutil.which("uv", path=str(cache.cache_root().parent / "uv"))
    if found:
        return Finding("uv", found)
    able = find_spec("venv") is not None and find_spec("ensurepip") is not None
    if able:
        return Finding(
            "uv",
            "not found",
            "nothing to do: `make up` installs it from the Python package index",
            needed=False,
        )
    fix = "install uv, or your system's package for Python's `venv` (on Debian: python3-venv)"
    return Finding("uv", "not found, and this Python has no `venv`", fix, needed=not _environment(root))


def _environment(root: Path) -> bool:
    return (root / ".venv" / "bin" / "python").exists()


def packages(root: Path) -> Finding:
    missing = [
        name for name in ("grpc", "pulumi", "pulumi_gcp", "starlette", "uvicorn") if find_spec(name) is None
    ]
    if not missing:
        return Finding("packages", "installed")
    if not _environment(root):
        return Finding(
            "packages", "not installed yet", "nothing to do: `make up` installs them", needed=False
        )
    return Finding(
        "packages", f"without {', '.join(missing)}", "run `make up`, which installs what is locked"
    )


def git() -> Finding:
    found = shutil.which("git")
    return Finding("git", found or "not on PATH", "" if found else "install git", needed=False)


def pulumi() -> Finding:
    found = cli.find(cli.default_ways())
    if found:
        return Finding("Pulumi CLI", f"{show(found.version)} ({found.path}, from {found.source})")
    fix = f"nothing to do: `make up` downloads {PULUMI} or builds it, which takes some minutes once"
    return Finding("Pulumi CLI", "not found", fix, needed=False)


def compiler() -> Finding:
    found = go.on_path()
    if found:
        return Finding("Go", str(found))
    fix = f"nothing to do: Go {GO} is installed from the Python package index if Pulumi must be built"
    return Finding("Go", "none that is new enough on PATH", fix, needed=False)


def space(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    fix = "" if free > SPACE else f"free {(SPACE - free) / 1e9:.1f} GB"
    return Finding("disk", f"{free / 1e9:.1f} GB free", fix, needed=False)


def home(settings: LocalSettings) -> Finding:
    try:
        instance.make_home(settings)
    except CliError as error:
        return Finding("folder", str(settings.home), str(error))
    owner = "" if os.geteuid() != 0 else "; as root, PostgreSQL runs as another user"
    return Finding("folder", f"{settings.home} can be written{owner}")


def server(settings: LocalSettings) -> Finding:
    holder = instance.holder(settings)
    if holder.alive:
        answers = control.healthy(settings)
        return Finding(
            "local cloud",
            f"runs as process {holder.pid}" + ("" if answers else ", silent"),
            "" if answers else "look at `python -m localcloud logs`, then `down` and `up`",
        )
    try:
        instance.require_free_ports(settings)
    except CliError as error:
        return Finding("local cloud", "does not run", str(error))
    return Finding("local cloud", "does not run; its ports are free")


def loopback() -> Finding:
    with socket.socket() as probe:
        try:
            probe.bind(("127.64.0.1", 0))
        except OSError:
            return Finding(
                "addresses",
                "this system answers on 127.0.0.1 only",
                "nothing to do: databases then share 127.0.0.1, each on a port of its own",
                needed=False,
            )
    return Finding("addresses", "databases can have loopback addresses of their own")
