"""Hostile and careless YAML ends in one sentence that names the file, and costs nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra import config, datafile, profile
from infra.config import FileSource
from infra.errors import ConfigError

BOMB = "".join(
    f"{name}: &{name} [{', '.join([before] * 9)}]\n"
    for name, before in [("a", "x"), *((chr(97 + n), f"*{chr(96 + n)}") for n in range(1, 26))]
)
"""9 to the power of 25 values in 26 lines."""


def written(tmp_path: Path, text: str, name: str = "odd.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def refused(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        datafile.load(path)
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)
    return caught.value


def test_aliases_are_refused_before_they_are_expanded(tmp_path: Path) -> None:
    assert str(refused(written(tmp_path, BOMB))) == (
        "odd.yaml, line 2: 'the alias *a' is not allowed; allowed: YAML without aliases"
    )


def test_one_alias_is_one_too_many(tmp_path: Path) -> None:
    assert refused(written(tmp_path, "a: &x 1\nb: *x\n")).key == "odd.yaml, line 2"


def test_a_merge_is_an_alias_too(tmp_path: Path) -> None:
    assert refused(written(tmp_path, "a: &x {b: 1}\nc:\n  <<: *x\n")).key == "odd.yaml, line 3"


def test_an_anchor_that_nobody_uses_does_no_harm(tmp_path: Path) -> None:
    assert datafile.load(written(tmp_path, "a: &x 1\n")) == {"a": 1}


def test_nesting_without_end(tmp_path: Path) -> None:
    assert "nesting" in str(refused(written(tmp_path, "a: " + "[" * 20000)))


def test_what_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert refused(path).allowed == "YAML in UTF-8"


def test_a_stack_file_is_read_by_the_same_loader(tmp_path: Path) -> None:
    path = written(tmp_path, f"config:\n  careplane:kind: tenant\n{BOMB}", "Pulumi.local-tenant-odd.yaml")
    with pytest.raises(ConfigError, match=r"Pulumi.local-tenant-odd.yaml, line 4: 'the alias \*a'"):
        config.load(FileSource(path))


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_profile_misses_its_first_key(tmp_path: Path, text: str) -> None:
    written(tmp_path, text)
    with pytest.raises(ConfigError, match=r"^odd.yaml: \w+: nothing was given; allowed: ") as caught:
        profile.load("odd", tmp_path)
    assert caught.value.key.removeprefix("odd.yaml: ") in json.loads(profile.SCHEMA.read_text())["required"]


@pytest.mark.parametrize("text", ["- tier\n", "tier\n", "3\n", "false\n"])
def test_a_profile_that_is_no_mapping_is_told_with_file_and_key(tmp_path: Path, text: str) -> None:
    written(tmp_path, text)
    with pytest.raises(ConfigError, match=r"^odd.yaml: \w+: .* allowed: a mapping of keys to values"):
        profile.load("odd", tmp_path)
