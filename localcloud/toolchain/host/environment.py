"""The Python environment of a program: `runtime.options.virtualenv`, else the one that runs the host."""

from __future__ import annotations

import json
import os
import re
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any


class NoEnvironment(Exception):
    """The virtual environment that a project names is not there."""

    def __init__(self, given: str, path: Path) -> None:
        super().__init__(
            f"runtime.options.virtualenv is {given!r}, but {path} holds no Python;"
            " make it with `uv sync --frozen` (or `make up`)"
        )


@dataclass(frozen=True)
class PluginPackage:
    """A resource plugin that a Python package says it needs."""

    name: str
    version: str
    server: str


@dataclass(frozen=True)
class Environment:
    """A Python and where its packages are."""

    python: Path
    folder: Path | None
    site_packages: tuple[Path, ...]

    def variables(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The environment as `activate` would make it."""
        if self.folder is None:
            return dict(environ)
        active = dict(environ) | {"VIRTUAL_ENV": str(self.folder)}
        active["PATH"] = os.pathsep.join([str(self.folder / "bin"), environ.get("PATH", os.defpath)])
        active.pop("PYTHONHOME", None)
        return active

    def plugins(self) -> Iterator[PluginPackage]:
        """What each package's pulumi-plugin.json asks for, in order of name."""
        files = (file for folder in self.site_packages for file in folder.glob("*/pulumi-plugin.json"))
        for file in sorted(files, key=lambda file: file.parent.name):
            package = json.loads(file.read_text())
            if package.get("resource"):
                yield _plugin(package, file.parent)

    def distributions(self) -> list[metadata.Distribution]:
        found = metadata.distributions(path=[str(folder) for folder in self.site_packages])
        return sorted(found, key=lambda each: each.name.lower())

    def dependencies(self, *, transitive: bool) -> list[tuple[str, str]]:
        """Name and version of what is installed; without `transitive` only what nothing else asks for."""
        installed = self.distributions()
        needed = {_canonical(name) for each in installed for name in _requires(each)}
        return [
            (each.name, each.version)
            for each in installed
            if transitive or _canonical(each.name) not in needed
        ]


def of_program(options: Mapping[str, Any], root: Path) -> Environment:
    """The environment that the project's options name, relative to the project's root."""
    given = str(options.get("virtualenv") or "")
    if not given:
        site = Path(sysconfig.get_path("purelib"))
        folder = Path(sys.prefix) if sys.prefix != sys.base_prefix else None
        return Environment(Path(sys.executable), folder, (site,))
    # Not resolve(): the python of a virtual environment is a link, and must be started by the link's name.
    folder = Path(os.path.abspath(root / given))
    python = folder / "bin" / "python"
    if not os.access(python, os.X_OK):
        raise NoEnvironment(given, folder)
    return Environment(python, folder, tuple(sorted(folder.glob("lib/python3*/site-packages"))))


def _plugin(package: dict[str, Any], folder: Path) -> PluginPackage:
    name = package.get("name") or folder.name.removeprefix("pulumi_")
    version = package.get("version") or _version(folder)
    return PluginPackage(name, version, package.get("server") or "")


def _version(folder: Path) -> str:
    found = metadata.distributions(path=[str(folder.parent)])
    return next((each.version for each in found if _canonical(each.name) == _canonical(folder.name)), "")


def _requires(distribution: metadata.Distribution) -> Iterator[str]:
    for requirement in distribution.requires or []:
        if "extra ==" not in requirement:
            yield re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
