"""What there is to say about a check, a control or a resource, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

import policies.rules  # noqa: F401  (registers the rules)
from policies.case import Case
from policies.errors import PolicyError
from policies.framework import Control, Framework, load_all, nearest
from policies.result import Finding
from policies.rule import EstateRule, Rule, catalogue

Matches = Callable[[Finding], bool]


@dataclass(frozen=True)
class Explained:
    """The facts about one thing, and which findings of a report are about it."""

    facts: dict[str, Any]
    about: Matches


def explain(asked: str, findings: Sequence[Finding] | None = None) -> Explained:
    """A check by id or number, a control as `hipaa:164.312(b)` or by an id that only one framework has, a
    resource type, or (with findings) a resource by URN or name."""
    for found in (_check(asked), _control(asked), _type(asked), _resource(asked, findings or ())):
        if found:
            return found
    raise PolicyError(f"{asked!r} is no check, control or resource; {_suggestions(asked, findings)}")


def _check(asked: str) -> Explained | None:
    rule = next((rule for rule in catalogue() if asked in (rule.id, str(rule.number))), None)
    if rule is None:
        return None
    facts = {
        "kind": "check", "id": rule.id, "number": rule.number, "title": rule.title, "severity": rule.severity,
        "remedy": rule.remedy, "types": list(rule.types),
        "controls": {name: list(ids) for name, ids in rule.controls.items()},
        "fails": _inputs(rule.fails), "passes": _inputs(rule.passes),
    }  # fmt: skip
    return Explained(facts, lambda finding: finding.rule == rule.id)


def _inputs(cases: Case | tuple[Case, ...]) -> list[dict[str, Any]]:
    return [asdict(case) for case in (cases if isinstance(cases, tuple) else (cases,))]


def _control(asked: str) -> Explained | None:
    found = list(_controls(asked))
    if len(found) > 1:
        which = ", ".join(f"{framework.key}:{control.id}" for framework, control in found)
        raise PolicyError(f"{asked!r} is a control of several frameworks; name one: {which}")
    return _told(*found[0]) if found else None


def _controls(asked: str) -> Iterable[tuple[Framework, Control]]:
    key, _, named = asked.partition(":")
    for framework in load_all():
        id = named if framework.key == key else asked
        if control := framework.by_id.get(id):
            yield framework, control


def _told(framework: Framework, control: Control) -> Explained:
    numbers = {rule.id: rule for rule in catalogue()}
    checks = [_brief(numbers[check]) for check in control.checks]
    more = {key: getattr(control, key) for key in ("artefact", "process", "reason", "addition")}
    facts = {
        "kind": "control", "framework": framework.key, "edition": framework.edition, "id": control.id,
        "title": control.title, "responsibility": control.responsibility.value, "checks": checks,
        "evidence": list(control.evidence), **{key: text for key, text in more.items() if text},
    }  # fmt: skip
    return Explained(facts, lambda finding: finding.rule in control.checks)


def _brief(rule: Rule | EstateRule) -> dict[str, Any]:
    return {"number": rule.number, "id": rule.id, "title": rule.title}


def _type(asked: str) -> Explained | None:
    judging = list(_judging(asked)) if asked.count(":") == 2 else []
    if not judging:
        return None
    facts = {"kind": "type", "type": asked, "checks": [_brief(rule) for rule in judging]}
    known = {t for rule in catalogue() for t in rule.types}
    if asked not in known:
        facts["note"] = (
            f"no check is about this very type, only such as are about every type; {nearest(asked, known)}"
        )
    return Explained(facts, lambda finding: finding.type == asked)


def _judging(token: str) -> Iterable[Rule | EstateRule]:
    for rule in catalogue():
        if any(token == t or (t.endswith("*") and token.startswith(t[:-1])) for t in rule.types):
            yield rule


def _resource(asked: str, findings: Sequence[Finding]) -> Explained | None:
    found = [finding for finding in findings if asked in (finding.urn, finding.resource)]
    urns = sorted({finding.urn for finding in found})
    if len(urns) > 1:
        more = f" and {len(urns) - _MOST} more" if len(urns) > _MOST else ""
        shown = ", ".join(urns[:_MOST])
        raise PolicyError(f"{asked!r} is the name of several resources; name one: {shown}{more}")
    if not found:
        return None
    token = found[0].type
    facts = {
        "kind": "resource", "urn": urns[0], "name": found[0].resource, "type": token, "stack": found[0].stack,
        "checks": [_brief(rule) for rule in _judging(token)],
    }  # fmt: skip
    return Explained(facts, lambda finding: finding.urn == urns[0])


_MOST = 5


def _suggestions(asked: str, findings: Sequence[Finding] | None) -> str:
    """At most `_MOST` names that may have been meant: checks that hold the word first."""
    checks = sorted(rule.id for rule in catalogue())
    controls = {f"{each.key}:{control.id}" for each in load_all() for control in each.controls}
    known = {t for rule in catalogue() for t in rule.types} | controls
    known |= {control.id for each in load_all() for control in each.controls}
    known |= {name for finding in findings or () for name in (finding.resource, finding.urn) if name}
    word = asked.lower()
    holding = [each for each in (*checks, *sorted(known)) if len(word) > 1 and word in each.lower()]
    close = get_close_matches(asked, [*checks, *known], n=_MOST, cutoff=0.6)
    near = list(dict.fromkeys((*holding, *close)))[:_MOST]
    hint = "" if findings is not None else "; a resource by name or URN needs --state"
    found = f"nearest: {', '.join(near)}" if near else "`python -m policies list` has the checks"
    return found + hint
