"""Find the Pulumi CLI or obtain it: PATH, the cache, the vendor's download, a build from Go modules."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localcloud.toolchain import cache
from localcloud.toolchain.build import build
from localcloud.toolchain.download import download
from localcloud.toolchain.errors import StepFailed, ToolchainError
from localcloud.toolchain.process import output
from localcloud.toolchain.versions import MINIMUM, PULUMI, Version, parse, show

HOST = "pulumi-language-python"

Obtain = Callable[[Path], None]
"""Fills a folder with `pulumi` (and what comes with it), or raises StepFailed."""


@dataclass(frozen=True)
class Pulumi:
    """A CLI that works: where, which version, and where it came from."""

    path: Path
    version: Version
    source: str

    @property
    def own_host(self) -> bool:
        """Whether a Python language host of the vendor's lies beside it."""
        beside = self.path.resolve().parent / HOST
        return os.access(beside, os.X_OK) and not is_our_launcher(beside)


@dataclass(frozen=True)
class Ways:
    """Where to look and how to obtain; tests give others."""

    root: Path
    search_path: str
    steps: tuple[tuple[str, Obtain], ...]
    say: Callable[[str], None] = field(default=lambda line: print(line, file=sys.stderr, flush=True))

    @property
    def home(self) -> Path:
        return self.root / f"pulumi-{PULUMI}"

    @property
    def cached(self) -> Path:
        return self.home / "bin" / "pulumi"


def default_ways(environ: Mapping[str, str] = os.environ) -> Ways:
    root = cache.cache_root(environ)
    steps: tuple[tuple[str, Obtain], ...] = (
        ("the vendor's download", download),
        ("a build from Go modules", lambda folder: build(folder, root)),
    )
    return Ways(root, environ.get("PATH", os.defpath), steps)


def is_our_launcher(path: Path) -> bool:
    """Ours is a short shell script that names our module; the vendor's is a binary."""
    with path.open("rb") as file:
        return b"localcloud.toolchain.host" in file.read(512)


def probe(path: Path, source: str) -> Pulumi | None:
    """The CLI at a path, if it can be run and says a version."""
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    version = parse(output([path, "version"], env=env) or "")
    return Pulumi(path, version, source) if version else None


def find(ways: Ways) -> Pulumi | None:
    """A CLI that is here already: on PATH if new enough, else in the cache."""
    return _on_path(ways) or _in_cache(ways)


def obtain(ways: Ways) -> Pulumi:
    """A CLI, whatever it takes; ToolchainError lists what was tried."""
    found = find(ways)
    if found:
        return found
    with cache.locked(ways.root, ways.home.name):
        # Another process may have made it while this one waited.
        return _in_cache(ways) or _make(ways)


def _in_cache(ways: Ways) -> Pulumi | None:
    return probe(ways.cached, "cache") if ways.cached.exists() else None


def _on_path(ways: Ways) -> Pulumi | None:
    given = shutil.which("pulumi", path=ways.search_path)
    if given is None:
        return None
    if Path(given).resolve() == ways.cached.resolve():
        return None
    found = probe(Path(given), "PATH")
    if found is None:
        ways.say(f"{given} does not run: passed over")
        return None
    if not MINIMUM <= found.version < (MINIMUM[0] + 1, 0, 0):
        ways.say(
            f"{given} is {show(found.version)}, {show(MINIMUM)} or later of Pulumi 3 is needed: passed over"
        )
        return None
    return found


def _make(ways: Ways) -> Pulumi:
    tried = []
    if ways.home.exists():
        ways.say(f"{ways.cached} does not run: it is made anew")
    for name, step in ways.steps:
        try:
            return _try(ways, name, step)
        except StepFailed as error:
            tried.append(f"{name}: {error.why}")
            ways.say(f"Pulumi {PULUMI}: {tried[-1]}")
    raise ToolchainError(tried)


def _try(ways: Ways, name: str, step: Obtain) -> Pulumi:
    with cache.whole(ways.home) as work:
        (work / "bin").mkdir()
        step(work / "bin")
        if probe(work / "bin" / "pulumi", name) is None:
            raise StepFailed(name, "what it gave does not run")
    made = probe(ways.cached, name)
    if made is None:
        raise StepFailed(name, f"{ways.cached} does not run")
    return made
