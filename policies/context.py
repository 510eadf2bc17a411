"""What the rules may know about a stack, from its configuration or its exported state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policies.errors import PolicyError

_STACKS = Path(__file__).resolve().parent.parent / "stacks"
_JURISDICTIONS = _STACKS / "jurisdictions.yaml"
KINDS = ("organization", "foundation", "cell", "tenant")


@dataclass(frozen=True)
class Drill:
    """One drill as its signed pack tells it: times in seconds, the verdict as the pack has it."""

    name: str
    stack: str
    on: date
    verdict: str
    rpo: float | None = None
    rto: float | None = None
    rpo_objective: float | None = None
    rto_objective: float | None = None


@dataclass(frozen=True)
class Context:
    """What a rule may know beside the resources.

    `locations` is None where the jurisdiction's locations could not be established; `kind` is None where
    the source does not say what kind of stack it is (somebody else's state, a Terraform plan); `drills`
    is None where no drill packs were given.
    """

    profile: str = "saas"
    locations: frozenset[str] | None = None
    jurisdiction: str = ""
    kind: str | None = None
    decommission: bool = False
    today: date = field(default_factory=date.today)
    drills: tuple[Drill, ...] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def demands(self) -> Mapping[str, Any]:
        """What the profile asks for (`stacks/profiles/<profile>.yaml`); empty for one that is not ours."""
        return _profile(self.profile)


@cache
def _profile(name: str) -> Mapping[str, Any]:
    file = _STACKS / "profiles" / f"{name}.yaml"
    known = file.parent.is_dir() and file.name in {each.name for each in file.parent.iterdir()}
    data: Mapping[str, Any] = yaml.load(file.read_text(), yaml.CSafeLoader) if known else {}
    return data


@cache
def jurisdictions() -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = yaml.load(_JURISDICTIONS.read_text(), yaml.CSafeLoader)
    return known


def locations(jurisdiction: str) -> frozenset[str]:
    """Lower-case locations of a jurisdiction of `stacks/jurisdictions.yaml`."""
    known = jurisdictions()
    if jurisdiction not in known:
        raise PolicyError(f"jurisdiction: {jurisdiction!r} is unknown; allowed: {', '.join(sorted(known))}")
    return frozenset(known[jurisdiction]["locations"])


def kind_of(stack: str) -> str | None:
    """What kind of stack a name of ours says: `<place>-organization|foundation|cell|tenant-<name>`."""
    return next((part for part in stack.split("-") if part in KINDS), None)


def context(settings: Mapping[str, Any], drills: tuple[Drill, ...] | None = None, stack: str = "") -> Context:
    """From `careplane:*` configuration, or from the outputs of a stack, which repeat it."""
    jurisdiction = str(settings.get("jurisdiction") or "")
    kind = settings.get("kind") or kind_of(stack)
    return Context(
        profile=str(settings.get("profile") or "saas"),
        locations=locations(jurisdiction) if jurisdiction else None,
        jurisdiction=jurisdiction,
        kind=str(kind) if kind in KINDS else None,
        decommission=str(settings.get("decommission", "false")).lower() == "true",
        drills=drills,
        settings=settings,
    )
