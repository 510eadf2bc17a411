"""Ingress and egress rules of a perimeter, as data.

https://cloud.google.com/vpc-service-controls/docs/ingress-egress-rules
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.errors import ConfigError

IDENTITY_TYPES = ("ANY_IDENTITY", "ANY_SERVICE_ACCOUNT", "ANY_USER_ACCOUNT")
_IDENTITY = re.compile(r"(user|serviceAccount|group|principal|principalSet):\S+")
_PROJECT = re.compile(r"projects/\d+")
_TITLE_LENGTH = 100


@dataclass(frozen=True)
class Operation:
    """What may be called: `methods` and `permissions` of one `service`; `methods` ("*",) are all of them."""

    service: str
    methods: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given = (*self.methods, *self.permissions)
        if self.service == "*" and given:
            raise ConfigError("methods", ", ".join(given), "none with service '*', which means all")
        if self.service != "*" and not self.service.endswith(".googleapis.com"):
            raise ConfigError("service", self.service, "'*' or a name such as storage.googleapis.com")
        if self.service != "*" and not given:
            raise ConfigError("methods", None, "methods or permissions of the service; '*' means all methods")

    def described(self) -> dict[str, Any]:
        selectors = [{"method": each} for each in self.methods]
        selectors += [{"permission": each} for each in self.permissions]
        return {"service_name": self.service} | ({"method_selectors": selectors} if selectors else {})


@dataclass(frozen=True)
class _Rule:
    """Who may do what: either `identities` or an `identity_type`, and what the `title` says."""

    title: str
    operations: tuple[Operation, ...]
    targets: tuple[pulumi.Input[str], ...]
    """projects/N, or "*" for every project."""
    identities: tuple[pulumi.Input[str], ...] = ()
    identity_type: str | None = None
    access_levels: tuple[pulumi.Input[str], ...] = ()
    """Full names; "*" means from anywhere, in ingress rules alone."""
    projects: tuple[pulumi.Input[str], ...] = ()
    """projects/N that the request comes from."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.title) <= _TITLE_LENGTH:
            raise ConfigError("title", self.title, f"1 to {_TITLE_LENGTH} characters")
        if not self.operations:
            raise ConfigError(f"{self.title}: operations", None, "at least one Operation")
        if not self.targets:
            raise ConfigError(f"{self.title}: targets", None, "projects/N or '*'")
        self._require_identity()
        self._require_form("identities", self.identities, _IDENTITY, "user:…, serviceAccount:…, group:…")
        self._require_form("projects", self.projects, _PROJECT, "projects/N, by number")
        targets = [target for target in self.targets if target != "*"]
        self._require_form("targets", targets, _PROJECT, "projects/N, by number, or '*'")

    def _require_identity(self) -> None:
        if bool(self.identities) == (self.identity_type is not None):
            allowed = "either identities or one identity_type"
            raise ConfigError(f"{self.title}: identities", self.identity_type, allowed)
        if self.identity_type not in (None, *IDENTITY_TYPES):
            raise ConfigError(f"{self.title}: identity_type", self.identity_type, IDENTITY_TYPES)
        everything = any(operation.service == "*" for operation in self.operations)
        if self.identity_type == "ANY_IDENTITY" and everything:
            allowed = "named identities with service '*'"
            raise ConfigError(f"{self.title}: identity_type", self.identity_type, allowed)

    def _require_form(
        self, key: str, values: Sequence[pulumi.Input[str]], form: re.Pattern[str], allowed: str
    ) -> None:
        for value in values:
            if isinstance(value, str) and not form.fullmatch(value):
                raise ConfigError(f"{self.title}: {key}", value, allowed)

    def _from(self) -> dict[str, Any]:
        who: dict[str, Any] = (
            {"identities": list(self.identities)}
            if self.identities
            else {"identity_type": self.identity_type}
        )
        sources = [{"access_level": each} for each in self.access_levels]
        sources += [{"resource": each} for each in self.projects]
        return who | ({"sources": sources} if sources else {})

    def _to(self) -> dict[str, Any]:
        return {
            "operations": [operation.described() for operation in self.operations],
            "resources": list(self.targets),
        }


@dataclass(frozen=True)
class IngressRule(_Rule):
    """What is let in, by access level or project of origin. Check 53: never anybody to everything."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.access_levels and not self.projects:
            raise ConfigError(f"{self.title}: access_levels", None, "access levels or projects of origin")
        if self.identity_type == "ANY_IDENTITY" and "*" in self.access_levels:
            raise ConfigError(f"{self.title}: access_levels", "*", "a named access level with ANY_IDENTITY")

    def described(self) -> dict[str, Any]:
        return {"title": self.title, "ingress_from": self._from(), "ingress_to": self._to()}


@dataclass(frozen=True)
class EgressRule(_Rule):
    """What is let out to projects outside; without sources, from anywhere inside."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if "*" in self.access_levels:
            raise ConfigError(f"{self.title}: access_levels", "*", "named access levels")
        if self.identity_type == "ANY_IDENTITY" and "*" in self.targets:
            raise ConfigError(f"{self.title}: targets", "*", "projects/N with ANY_IDENTITY")

    def described(self) -> dict[str, Any]:
        origin = self._from()
        if "sources" in origin:
            origin["source_restriction"] = "SOURCE_RESTRICTION_ENABLED"
        return {"title": self.title, "egress_from": origin, "egress_to": self._to()}
