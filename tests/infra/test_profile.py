"""Profiles are data; a bad file names itself and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import profile
from infra.errors import ConfigError


@pytest.mark.parametrize("name", profile.names())
def test_every_profile_loads(name: str) -> None:
    assert profile.load(name).name == name


def test_private_keeps_clinical_data_on_instances_of_its_own() -> None:
    assert profile.load("private").placements == ("dedicated",)


def bad(tmp_path: Path, text: str) -> ConfigError:
    good = (profile.PROFILES / "saas.yaml").read_text()
    (tmp_path / "odd.yaml").write_text(good + text)
    with pytest.raises(ConfigError) as caught:
        profile.load("odd", tmp_path)
    return caught.value


def test_unknown_property(tmp_path: Path) -> None:
    assert bad(tmp_path, "colour: red\n").key == "odd.yaml: colour"


def test_value_that_is_not_allowed(tmp_path: Path) -> None:
    error = bad(tmp_path, "protection_level: PAPER\n")
    assert error.key == "odd.yaml: protection_level"
    assert error.allowed == "HSM, SOFTWARE"
