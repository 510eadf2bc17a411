"""What a stack says of service perimeters, however it is spread over resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from policies.resource import Properties, Resource
from policies.rules.once import once_per_stack
from policies.rules.read import entries, text
from policies.stack import Stack

_ACM = "gcp:accesscontextmanager"
PERIMETER = f"{_ACM}/servicePerimeter:ServicePerimeter"
PERIMETERS = f"{_ACM}/servicePerimeters:ServicePerimeters"
_MEMBER = f"{_ACM}/servicePerimeterResource:ServicePerimeterResource"
_REHEARSED_MEMBER = f"{_ACM}/servicePerimeterDryRunResource:ServicePerimeterDryRunResource"
_ENFORCED_RULES = {
    f"{_ACM}/servicePerimeterIngressPolicy:ServicePerimeterIngressPolicy": "ingressPolicies",
    f"{_ACM}/servicePerimeterEgressPolicy:ServicePerimeterEgressPolicy": "egressPolicies",
}
_REHEARSED_RULES = {
    f"{_ACM}/servicePerimeterDryRunIngressPolicy:ServicePerimeterDryRunIngressPolicy": "ingressPolicies",
    f"{_ACM}/servicePerimeterDryRunEgressPolicy:ServicePerimeterDryRunEgressPolicy": "egressPolicies",
}
_RULE_KEYS = ("title", "ingressFrom", "ingressTo", "egressFrom", "egressTo")


def perimeters(resource: Resource) -> Iterator[tuple[str, Properties]]:
    """The perimeters that a resource makes, each with the prefix of its paths."""
    if resource.type == PERIMETER:
        yield "", resource.properties
        return
    for path, perimeter in entries(resource, "servicePerimeters"):
        yield f"{path}.", perimeter


@dataclass
class Additions:
    """What resources of their own add to a perimeter: members, and rules by the list that they join."""

    enforced: list[str] = field(default_factory=list)
    rehearsed: list[str] = field(default_factory=list)
    enforced_rules: dict[str, list[Any]] = field(default_factory=dict)
    rehearsed_rules: dict[str, list[Any]] = field(default_factory=dict)


def additions(stack: Stack, perimeter: Resource) -> Additions:
    return _additions(stack).get(perimeter.urn) or Additions()


@once_per_stack
def _additions(stack: Stack) -> dict[str, Additions]:
    found: dict[str, Additions] = {}

    def of(resource: Resource, path: str) -> Additions | None:
        perimeter = stack.referred(resource, path, PERIMETER)
        return found.setdefault(perimeter.urn, Additions()) if perimeter is not None else None

    for kind in (_MEMBER, _REHEARSED_MEMBER):
        for each in stack.of(kind):
            if (more := of(each, "perimeterName")) is not None:
                (more.enforced if kind == _MEMBER else more.rehearsed).append(text(each, "resource"))
    for kinds, enforced in ((_ENFORCED_RULES, True), (_REHEARSED_RULES, False)):
        for kind, key in kinds.items():
            for each in stack.of(kind):
                if (more := of(each, "perimeter")) is not None:
                    rules = more.enforced_rules if enforced else more.rehearsed_rules
                    known = {name: each.properties[name] for name in _RULE_KEYS if name in each.properties}
                    rules.setdefault(key, []).append(Properties(known))
    return found
