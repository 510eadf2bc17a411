"""What a rule is, and the registry that every place where rules run reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from policies.case import Case, Given, one
from policies.estate import Estate
from policies.resource import Resource, UnknownValue
from policies.result import Finding, Verdict
from policies.stack import Stack

Severity = Literal["low", "medium", "high", "critical"]
Controls = Mapping[str, tuple[str, ...]]
"""Control ids by framework; the keys are the names of the files in `policies/frameworks`."""


class NotApplicable(Exception):
    """Raised by a rule where the control does not apply to the resource; says why."""


class Problem(NamedTuple):
    """What is wrong: the property, the value that was seen (never a secret), and why if that needs saying."""

    path: str
    seen: Any
    why: str = ""

    def __str__(self) -> str:
        seen = "absent" if self.seen is None else repr(self.seen)
        return f"{self.path} is {seen}{f', {self.why}' if self.why else ''}"


Judge = Callable[[Resource, Stack], Iterable[Problem]]
"""From a resource and the stack around it to what is wrong. It raises `NotApplicable` where the control
does not apply and lets `UnknownValue` through: the verdict is then `unproven`."""

Mend = Callable[[Mapping[str, Any]], dict[str, Any]]
"""From a resource's properties to properties that pass; only where nothing that exists could break."""


@dataclass(frozen=True)
class About:
    """What every rule says of itself: an id, a sentence of remedy, the resource types, its controls."""

    id: str
    number: int
    title: str
    remedy: str
    severity: Severity
    types: tuple[str, ...]
    controls: Controls


@dataclass(frozen=True)
class Rule(About):
    """One control on some resource types, with its smallest inputs: those of a resource of the first type.

    `whole` says that the rule reads other resources than the one it judges: the engine runs it once over
    the stack.
    """

    fails: Case
    passes: Case
    judge: Judge
    whole: bool = False
    mend: Mend | None = None

    def applies_to(self, token: str) -> bool:
        return token in self.types or any(t.endswith("*") and token.startswith(t[:-1]) for t in self.types)

    def finding(self, resource: Resource, stack: Stack) -> Finding:
        """The verdict on one resource; an unknown value that the rule touches is `unproven`.

        What was found wrong before the rule came to the unknown value stays wrong, whatever that value is.
        """
        problems: list[Problem] = []
        try:
            for problem in self.judge(resource, stack):
                problems.append(problem)
        except UnknownValue as unknown:
            if not problems:
                return self._verdict(resource, Verdict.UNPROVEN, str(unknown), unknown.path)
        except NotApplicable as reason:
            return self._verdict(resource, Verdict.NOT_APPLICABLE, str(reason))
        if not problems:
            return self._verdict(resource, Verdict.PASSED, self.title)
        text = "; ".join(str(problem) for problem in problems)
        message = f"{text}. {self.remedy}"
        return self._verdict(resource, Verdict.FAILED, message, problems[0].path, repr(problems[0].seen))

    def _verdict(
        self, resource: Resource, kind: Verdict, message: str, path: str = "", seen: str = ""
    ) -> Finding:
        name, token = resource.name, resource.type
        return Finding(self.id, resource.urn, name, kind, message, path, seen, "", resource.stack, token)


EstateJudge = Callable[[Estate], Iterable[tuple[Resource, Problem | UnknownValue | None]]]


@dataclass(frozen=True)
class EstateRule(About):
    """A rule over several stacks at once, such as that no two tenants share a key.

    `judge` gives every resource that it looked at, with what is wrong, the `UnknownValue` that kept it from
    saying so, or None.
    """

    fails: tuple[Case, ...]
    passes: tuple[Case, ...]
    judge: EstateJudge


RULES: dict[str, Rule] = {}
"""The rules on one stack, by id."""

ESTATE_RULES: dict[str, EstateRule] = {}
"""The rules over several stacks, by id."""


def catalogue() -> list[Rule | EstateRule]:
    """Every rule, by number."""
    return sorted([*RULES.values(), *ESTATE_RULES.values()], key=lambda each: each.number)


def _refuse_twice(id: str, number: int) -> None:
    if any(known.id == id or known.number == number for known in catalogue()):
        raise ValueError(f"rule {id} ({number}) is registered twice")


def rule(
    id: str,
    number: int,
    title: str,
    remedy: str,
    severity: Severity,
    types: tuple[str, ...],
    controls: Controls,
    fails: Case | Mapping[str, Any],
    passes: Case | Mapping[str, Any],
    whole: bool = False,
    mend: Mend | None = None,
) -> Callable[[Judge], Judge]:
    """Register a judge function as a rule; an id or a number used twice is an error.

    `fails` and `passes` given as a mapping are the properties of one resource of the first type.
    """
    cases = [given if isinstance(given, Case) else one(types[0], given) for given in (fails, passes)]

    def register(judge: Judge) -> Judge:
        _refuse_twice(id, number)
        RULES[id] = Rule(
            id, number, title, remedy, severity, types, controls, cases[0], cases[1], judge, whole, mend
        )  # fmt: skip
        return judge

    return register


def estate_rule(
    id: str,
    number: int,
    title: str,
    remedy: str,
    severity: Severity,
    types: tuple[str, ...],
    controls: Controls,
    fails: tuple[Case, ...],
    passes: tuple[Case, ...],
) -> Callable[[EstateJudge], EstateJudge]:
    """Register a judge function over several stacks."""

    def register(judge: EstateJudge) -> EstateJudge:
        _refuse_twice(id, number)
        ESTATE_RULES[id] = EstateRule(
            id, number, title, remedy, severity, types, controls, fails, passes, judge
        )  # fmt: skip
        return judge

    return register


__all__ = [
    "Case", "Controls", "Estate", "EstateRule", "Given", "Judge", "Mend", "NotApplicable", "Problem", "Rule",
    "RULES", "ESTATE_RULES", "Severity", "catalogue", "estate_rule", "rule",
]  # fmt: skip
