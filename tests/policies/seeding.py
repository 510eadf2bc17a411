"""Seeds a violation in a deployed stack: one value changed where a rule passed, or its failing input."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

from policies.context import Context, context
from policies.resource import Properties, Resource
from policies.result import Verdict
from policies.rule import Rule
from policies.stack import Stack
from policies.state import State
from tests.policies.mutations import Path, Recording, _dotted, _leaves, _set, others


def found(rule: Rule, states: Sequence[State]) -> str:
    """How the violation was seeded and found; "" where the rule did not find it."""
    return next(_changed(rule, states), "") or next(_injected(rule, states), "")


def _changed(rule: Rule, states: Sequence[State]) -> Iterator[str]:
    for state in states:
        about = context(state.outputs.plain(), stack=state.stack)
        stack = state.judged_as(about)
        for resource in stack.of(*rule.types):
            if rule.finding(resource, stack).verdict is Verdict.PASSED:
                yield from _mutated(rule, resource, stack, about)


def _mutated(rule: Rule, resource: Resource, stack: Stack, about: Context) -> Iterator[str]:
    Recording.read = set()
    rule.finding(resource._replace(properties=Recording(resource.properties.raw)), stack)
    every = list(_leaves(dict(resource.properties.raw), ()))
    read = [path for path in every if _dotted(path) in Recording.read]
    for path in read or every:
        for value in others(_at(resource, path)):
            if _fails(
                rule, resource._replace(properties=_with(resource, path, value)), resource, stack, about
            ):
                yield f"{stack.name}: {resource.name}: {_dotted(path)} = {value!r}"
    if _fails(rule, resource._replace(protect=False), resource, stack, about):
        yield f"{stack.name}: {resource.name}: not protected"


def _at(resource: Resource, path: Path) -> object:
    value: object = resource.properties.raw
    for part in path:
        value = value[part]  # type: ignore[index]
    return value


def _with(resource: Resource, path: Path, value: object) -> Properties:
    properties = copy.deepcopy(dict(resource.properties.raw))
    _set(properties, path, value)
    return Properties(properties)


def _fails(rule: Rule, seeded: Resource, instead_of: Resource, stack: Stack, about: Context) -> bool:
    rest = [seeded if each is instead_of else each for each in stack.resources]
    return rule.finding(seeded, Stack(rest, about, stack.name)).verdict is Verdict.FAILED


def _injected(rule: Rule, states: Sequence[State]) -> Iterator[str]:
    """The failing input beside what is deployed, for what no deployed stack holds, or holds too little of."""
    made = rule.fails.build()
    for state in states:
        known = {**state.outputs.plain(), **made.context.settings}
        resources = [each for each in state.resources if each.type not in {r.type for r in made.resources}]
        stack = Stack(
            [*made.resources, *resources], context(known, known.get("drills"), state.stack), state.stack
        )
        for resource in made.resources:
            if rule.applies_to(resource.type) and rule.finding(resource, stack).verdict is Verdict.FAILED:
                yield f"{state.stack}: {resource.name} of the failing input"
