"""What the engine does with a failure, by profile. Data in `policies/levels.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

import policies.rules  # noqa: F401  (registers the rules)
from evidence import regular
from policies import plain_yaml
from policies.errors import PolicyError
from policies.rule import RULES

DEFAULT_FILE = Path(__file__).parent / "levels.yaml"


class Level(StrEnum):
    """What a failure does to an update."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    REMEDIATE = "remediate"


Levels = Mapping[str, Mapping[str, Level]]
"""By profile and check; what is not named is mandatory."""


class LevelError(PolicyError):
    """A level that cannot hold; names the profile, the key, what was given and what is allowed."""

    def __init__(self, profile: str, key: str, given: object, allowed: str) -> None:
        super().__init__(f"levels: {profile}: {key}: {given!r} is not allowed; allowed: {allowed}")


def load(path: Path = DEFAULT_FILE) -> Levels:
    """Read and check the levels."""
    try:
        given = plain_yaml.parse(regular.read(path).decode()) or {}
    except (yaml.YAMLError, ValueError) as error:
        raise LevelError(path.name, "file", " ".join(str(error).split()), "plain YAML") from error
    if not isinstance(given, dict):
        raise LevelError(path.name, "file", given, "a mapping of profiles")
    return {str(profile): _profile(str(profile), levels) for profile, levels in given.items()}


def _profile(profile: str, given: Any) -> dict[str, Level]:
    allowed = (Level.ADVISORY, Level.REMEDIATE)
    if not isinstance(given, dict) or set(given) - set(allowed):
        raise LevelError(profile, "level", given, ", ".join(allowed))
    if odd := [each for each in given.values() if not isinstance(each, list)]:
        raise LevelError(profile, "checks", odd[0], "a list of checks")
    return {
        _check(profile, Level(level), check): Level(level)
        for level, checks in given.items()
        for check in checks
    }


def _check(profile: str, level: Level, check: str) -> str:
    able = sorted(each.id for each in RULES.values() if level is Level.ADVISORY or each.mend)
    if check not in able:
        near = get_close_matches(str(check), able, 1)
        raise LevelError(profile, level, check, near[0] if near else ", ".join(able) or "no check offers to")
    return check


def level(levels: Levels, profile: str, check: str) -> Level:
    return levels.get(profile, {}).get(check, Level.MANDATORY)
