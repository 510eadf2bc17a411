"""What a rule is, and the registry that every place where rules run reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from policies.resource import Context, Properties, Resource, UnknownValue
from policies.result import Finding, Verdict

Severity = Literal["low", "medium", "high", "critical"]


class NotApplicable(Exception):
    """Raised by a rule where the control does not apply to the resource; says why."""


@dataclass(frozen=True)
class Problem:
    """What is wrong: the property, and the value that was seen (never a secret)."""

    path: str
    seen: Any

    def __str__(self) -> str:
        return f"{self.path} is {'absent' if self.seen is None else repr(self.seen)}"


Judge = Callable[[Properties, Context], Iterable[Problem]]


@dataclass(frozen=True)
class Rule:
    """One control on some resource types: an id, a sentence of remedy, its controls, its smallest inputs."""

    id: str
    number: int
    title: str
    remedy: str
    severity: Severity
    types: tuple[str, ...]
    controls: Mapping[str, tuple[str, ...]]
    fails: Mapping[str, Any]
    passes: Mapping[str, Any]
    judge: Judge

    def applies_to(self, token: str) -> bool:
        return token in self.types or any(t.endswith("*") and token.startswith(t[:-1]) for t in self.types)

    def finding(self, resource: Resource, context: Context) -> Finding:
        """The verdict on one resource; an unknown value that the rule touches is `unproven`."""

        def verdict(kind: Verdict, message: str, path: str = "", seen: str = "") -> Finding:
            return Finding(self.id, resource.urn, resource.name, kind, message, path, seen)

        try:
            problems = list(self.judge(resource.properties, context))
        except UnknownValue as unknown:
            return verdict(Verdict.UNPROVEN, str(unknown), unknown.path)
        except NotApplicable as reason:
            return verdict(Verdict.NOT_APPLICABLE, str(reason))
        if not problems:
            return verdict(Verdict.PASSED, self.title)
        first = problems[0]
        text = "; ".join(str(problem) for problem in problems)
        return verdict(Verdict.FAILED, f"{text}. {self.remedy}", first.path, repr(first.seen))


RULES: dict[str, Rule] = {}


def rule(
    id: str,
    number: int,
    title: str,
    remedy: str,
    severity: Severity,
    types: tuple[str, ...],
    controls: Mapping[str, tuple[str, ...]],
    fails: Mapping[str, Any],
    passes: Mapping[str, Any],
) -> Callable[[Judge], Judge]:
    """Register a judge function as a rule; an id or a number used twice is an error."""

    def register(judge: Judge) -> Judge:
        if id in RULES or any(known.number == number for known in RULES.values()):
            raise ValueError(f"rule {id} ({number}) is registered twice")
        RULES[id] = Rule(id, number, title, remedy, severity, types, controls, fails, passes, judge)
        return judge

    return register
