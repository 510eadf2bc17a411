"""A cell's rules of ingress and egress, from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from infra.perimeter.rules import EgressRule, IngressRule, Operation

Rule = TypeVar("Rule", IngressRule, EgressRule)


def rules(kind: type[Rule], given: tuple[Mapping[str, Any], ...]) -> tuple[Rule, ...]:
    return tuple(_rule(kind, each) for each in given)


def _rule(kind: type[Rule], given: Mapping[str, Any]) -> Rule:
    operations = tuple(
        Operation(service, tuple(methods or ())) for service, methods in given["operations"].items()
    )
    return kind(
        str(given["title"]),
        operations,
        tuple(given["targets"]),
        tuple(given.get("identities", ())),
        given.get("identityType"),
        tuple(given.get("accessLevels", ())),
        tuple(given.get("projects", ())),
    )
