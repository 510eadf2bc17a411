"""Waivers: a failure that somebody answers for, until a date. Data in `policies/waivers.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from policies.errors import WaiverError
from policies.result import Finding, Verdict
from policies.rule import catalogue

DEFAULT_FILE = Path(__file__).parent / "waivers.yaml"
_FIELDS = ("rule", "resource", "owner", "reason", "compensating_control", "ticket", "expires")
_LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Waiver:
    """One accepted failure: which rule, which resource names (a pattern), who answers, until when."""

    rule: str
    resource: str
    owner: str
    reason: str
    compensating_control: str
    ticket: str
    expires: date

    def covers(self, finding: Finding) -> bool:
        return finding.rule == self.rule and fnmatchcase(finding.resource, self.resource)


@dataclass(frozen=True)
class Waivers:
    """The waivers in force."""

    entries: tuple[Waiver, ...] = ()

    def apply(self, finding: Finding) -> Finding:
        if finding.verdict is not Verdict.FAILED:
            return finding
        for waiver in self.entries:
            if waiver.covers(finding):
                note = f"{waiver.owner} until {waiver.expires}: {waiver.reason} ({waiver.ticket})"
                return finding._replace(verdict=Verdict.WAIVED, waiver=note)
        return finding


def _entry(index: int, given: Any, today: date) -> Waiver:
    label = f"#{index + 1}"
    if not isinstance(given, dict):
        raise WaiverError(label, "entry", f"{given!r} is not a mapping with {', '.join(_FIELDS)}")
    for name in _FIELDS:
        if not given.get(name):
            raise WaiverError(label, name, "is missing; every waiver names " + ", ".join(_FIELDS))
    if unknown := set(given) - set(_FIELDS):
        raise WaiverError(label, min(unknown), f"is not a field; allowed: {', '.join(_FIELDS)}")
    if not isinstance(given["expires"], date):
        raise WaiverError(label, "expires", f"{given['expires']!r} is not a date such as 2027-03-31")
    waiver = Waiver(**given)
    _check(label, waiver, today)
    return waiver


def _check(label: str, waiver: Waiver, today: date) -> None:
    allowed = sorted(rule.id for rule in catalogue())
    if waiver.rule not in allowed:
        raise WaiverError(label, "rule", f"{waiver.rule!r} is no rule; allowed: {', '.join(allowed)}")
    if not waiver.resource.strip("*?"):
        raise WaiverError(label, "resource", f"{waiver.resource!r} covers everything; name the resource")
    if waiver.expires < today:
        raise WaiverError(
            label, "expires", f"expired on {waiver.expires}; mend the failure or renew the waiver"
        )
    if waiver.expires > today + _LONGEST:
        raise WaiverError(label, "expires", f"{waiver.expires} is more than a year away")


def load(path: Path = DEFAULT_FILE, today: date | None = None) -> Waivers:
    """Read and check the waivers; raises `WaiverError` on one that must not count."""
    given = yaml.safe_load(path.read_text()) or []
    if not isinstance(given, list):
        raise WaiverError(path.name, "file", "is not a list of waivers")
    on = today or date.today()
    return Waivers(tuple(_entry(index, item, on) for index, item in enumerate(given)))
