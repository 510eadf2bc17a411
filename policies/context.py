"""What the rules may know about a stack, from its configuration or its exported state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policies.errors import PolicyError
from policies.resource import Properties

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
def profiles() -> tuple[str, ...]:
    """The names of the profiles in `stacks/profiles`."""
    return tuple(sorted(file.stem for file in (_STACKS / "profiles").glob("*.yaml")))


@cache
def _profile(name: str) -> Mapping[str, Any]:
    file = _STACKS / "profiles" / f"{name}.yaml"
    data: Mapping[str, Any] = yaml.load(file.read_text(), yaml.CSafeLoader) if name in profiles() else {}
    return data


@cache
def jurisdictions() -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = yaml.load(_JURISDICTIONS.read_text(), yaml.CSafeLoader)
    return known


def locations(jurisdiction: str) -> frozenset[str]:
    """Lower-case locations of a jurisdiction of `stacks/jurisdictions.yaml`."""
    return frozenset(jurisdictions()[_one_of("jurisdiction", jurisdiction, jurisdictions())]["locations"])


def _one_of(key: str, given: Any, known: Iterable[str]) -> str:
    allowed = sorted(known)
    if isinstance(given, str) and given in allowed:
        return given
    if not isinstance(given, str):
        seen = "[secret]" if isinstance(given, Mapping) and Properties.is_secret(given) else repr(given)
        raise PolicyError(f"{key}: {seen} is no name; allowed: {', '.join(allowed)}")
    near = get_close_matches(given.lower(), allowed, 1)
    hint = f", did you mean {near[0]!r}?" if near else ";"
    raise PolicyError(f"{key}: {given!r} is unknown{hint} allowed: {', '.join(allowed)}")


def kind_of(stack: str) -> str | None:
    """What kind of stack a name of ours says: `<place>-organization|foundation|cell|tenant-<name>`."""
    return next((part for part in stack.split("-") if part in KINDS), None)


def context(settings: Mapping[str, Any], drills: tuple[Drill, ...] | None = None, stack: str = "") -> Context:
    """From `careplane:*` configuration, or from the outputs of a stack, which repeat it.

    A stack that names no profile is judged as `saas`; a profile or a jurisdiction that is none is refused.
    """
    jurisdiction = settings.get("jurisdiction") or ""
    kind = settings.get("kind") or kind_of(stack)
    return Context(
        profile=_one_of("profile", settings.get("profile") or "saas", profiles()),
        locations=locations(jurisdiction) if jurisdiction else None,
        jurisdiction=jurisdiction,
        kind=kind if isinstance(kind, str) and kind in KINDS else None,
        decommission=str(settings.get("decommission", "false")).lower() == "true",
        drills=drills,
        settings=settings,
    )
