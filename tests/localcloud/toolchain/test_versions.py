"""Versions: one number in four places, and how it is read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from localcloud.toolchain import build, versions

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0", (3, 259, 0)),
        ("3.260.1-alpha.5+dirty", (3, 260, 1)),
        ("go version go1.26 linux/amd64", (1, 26, 0)),
        ("go version go1.26.8 darwin/arm64", (1, 26, 8)),
        ("", None),
        ("no version here", None),
    ],
)
def test_versions_are_read_from_what_programs_print(text: str, version: versions.Version | None) -> None:
    assert versions.parse(text) == version


def test_the_go_module_builds_the_version_of_the_locked_sdk() -> None:
    module = (build.MODULE / "go.mod").read_text()
    assert re.findall(r"github.com/pulumi/pulumi/(?:pkg|sdk)/v3 v(\S+)", module) == [versions.PULUMI] * 2
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    assert [each["version"] for each in lock["package"] if each["name"] == "pulumi"] == [versions.PULUMI]


def test_the_minimum_is_what_is_obtained() -> None:
    assert versions.show(versions.MINIMUM) == versions.PULUMI
    parsed = versions.parse(versions.GO)
    assert parsed is not None and parsed >= versions.GO_MINIMUM
