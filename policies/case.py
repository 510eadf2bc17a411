"""The smallest inputs of a rule: a few resources and what is known about their stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.context import context
from policies.resource import Properties, Resource
from policies.stack import Stack

_SETTINGS: Mapping[str, Any] = {"jurisdiction": "eu", "profile": "saas"}


@dataclass(frozen=True)
class Given:
    """One resource of a case: type token, properties, logical name, Pulumi's protection."""

    type: str
    properties: Mapping[str, Any]
    name: str = "r"
    protect: bool | None = True


@dataclass(frozen=True)
class Case:
    """The resources of one stack, `settings` as its `careplane:*` configuration has them."""

    resources: tuple[Given, ...]
    settings: Mapping[str, Any] = field(default_factory=lambda: dict(_SETTINGS))
    stack: str = "case"

    def resource(self, given: Given, wrap: type[Properties] = Properties) -> Resource:
        urn = f"urn:pulumi:{self.stack}::careplane::{given.type}::{given.name}"
        identity = given.properties.get("id")
        identity = identity if isinstance(identity, str) else ""
        return Resource(given.type, urn, given.name, wrap(given.properties), given.protect, {}, identity)

    def build(self, wrap: type[Properties] = Properties) -> Stack:
        about = context(self.settings, self.settings.get("drills"), self.stack)
        return Stack([self.resource(given, wrap) for given in self.resources], about, self.stack)


def one(type: str, properties: Mapping[str, Any]) -> Case:
    """A case of a single resource."""
    return Case((Given(type, properties),))
