"""Levels are data, and data that cannot hold is refused with its profile and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.levels import Level, LevelError, level, load


def test_what_is_not_named_stops_the_update() -> None:
    assert level(load(), "saas", "sql-cmek") is Level.MANDATORY
    assert level({"saas": {"sql-cmek": Level.ADVISORY}}, "country", "sql-cmek") is Level.MANDATORY


def test_every_profile_has_levels() -> None:
    profiles = {file.stem for file in (Path(__file__).parents[2] / "stacks" / "profiles").glob("*.yaml")}
    assert set(load()) == profiles


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]\n", ""),
        ("- saas\n", "levels: levels.yaml: file:"),
        ("saas: {advisory: sql-cmek}\n", "levels: saas: checks: 'sql-cmek' is not allowed"),
        ("saas: {advisory: [[a]]}\n", "levels: saas: advisory: ['a'] is not allowed"),
        ("saas: &a {advisory: [sql-cmek]}\ncountry: *a\n", "anchors and aliases are not allowed"),
        ("saas: {", "levels: levels.yaml: file:"),
        ("[" * 20_000, "nested too deep"),
        ("saas: {}\nsaas: {}\n", "saas is given twice"),
        ("saas: {off: [sql-cmek]}\n", "levels: saas: level:"),
        ("saas: {advisory: [sql-cmec]}\n", "'sql-cmec' is not allowed; allowed: sql-cmek"),
        ("saas: {remediate: [sql-cmek]}\n", "levels: saas: remediate: 'sql-cmek'"),
    ],
)
def test_bad_levels(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "levels.yaml").write_text(text)
    if not said:
        assert load(tmp_path / "levels.yaml") == {}
        return
    with pytest.raises(LevelError) as refused:
        load(tmp_path / "levels.yaml")
    assert said in str(refused.value)
