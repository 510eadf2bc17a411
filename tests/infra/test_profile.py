"""Profiles are data; a bad file names itself and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import config, profile
from infra.errors import ConfigError
from infra.jurisdiction import jurisdiction
from tests.infra.engine import STACKS, Edited


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
    assert error.allowed == "EXTERNAL_VPC, HSM, SOFTWARE"


def test_missing_property(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(
        (profile.PROFILES / "saas.yaml").read_text().replace("tier:", "# tier:")
    )
    with pytest.raises(ConfigError) as caught:
        profile.load("odd", tmp_path)
    assert caught.value.key == "odd.yaml: tier"
    assert caught.value.given is None


@pytest.mark.parametrize("text", ["- a\n- list\n", "just words\n", "", "a: [1\n"])
def test_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"odd\.yaml"):
        profile.load("odd", tmp_path)


@pytest.mark.parametrize(
    ("key", "weak"), [("protection_level", "SOFTWARE"), ("availability", "ZONAL"), ("retained_backups", "3")]
)
def test_profile_weaker_than_its_jurisdiction_allows(tmp_path: Path, key: str, weak: str) -> None:
    lines = (profile.PROFILES / "country.yaml").read_text().splitlines()
    kept = [line for line in lines if not line.startswith(f"{key}:")]
    (tmp_path / "thin.yaml").write_text("\n".join([*kept, f"{key}: {weak}"]))
    with pytest.raises(ConfigError) as caught:
        profile.require_minimum(profile.load("thin", tmp_path), jurisdiction("de"))
    assert caught.value.key == f"thin.yaml: {key} (in de)"
    assert str(caught.value.given) == weak


@pytest.mark.parametrize("name", profile.names())
def test_every_profile_is_strong_enough_wherever_it_may_be_used(name: str) -> None:
    chosen = profile.load(name)
    for area in chosen.jurisdictions:
        profile.require_minimum(chosen, jurisdiction(area))


def test_external_keys_need_their_manager() -> None:
    source = Edited(STACKS / "Pulumi.local-cell.yaml", {"careplane:profile": "sovereign-eu"})
    with pytest.raises(ConfigError) as caught:
        config.load(source)
    assert caught.value.key == "careplane:ekm"
