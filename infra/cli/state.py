"""An exported state, as `pulumi stack export` writes it: which resources there are, and where they belong."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.cli.pulumi import Pulumi
from infra.errors import ConfigError

_STACK = "pulumi:pulumi:Stack"
_ROOMS = {
    "accesscontextmanager": "perimeter",
    "artifactregistry": "registry",
    "bigquery": "analytics",
    "billing": "monitoring",
    "certificatemanager": "edge",
    "cloudrunv2": "run",
    "compute": "network",
    "dns": "network",
    "folder": "organization",
    "iam": "identity",
    "logging": "audit",
    "organizations": "organization",
    "orgpolicy": "organization",
    "projects": "organization",
    "redis": "cache",
    "secretmanager": "secrets",
    "serviceaccount": "identity",
    "servicenetworking": "network",
}
"""Rooms of resources that no component holds, by the provider's module; else the module's own name."""


@dataclass(frozen=True)
class Resource:
    """One entry of the state; `custom` is Google's, else a component."""

    urn: str
    type: str
    custom: bool
    id: str
    parent: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    dependencies: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]

    @property
    def kind(self) -> str:
        """`CryptoKey` of `gcp:kms/cryptoKey:CryptoKey`."""
        return self.type.rsplit(":", 1)[-1]

    @property
    def properties(self) -> dict[str, Any]:
        """What was asked for, and what Google made of the rest."""
        return {**self.outputs, **self.inputs}


@dataclass(frozen=True)
class State:
    """Resources of one stack, without the stack itself, providers and references."""

    stack: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def google(self) -> tuple[Resource, ...]:
        return tuple(each for each in self.resources if each.custom)

    @property
    def components(self) -> dict[str, Resource]:
        return {each.urn: each for each in self.resources if not each.custom}

    def component(self, resource: Resource) -> Resource:
        """The outermost component that holds a resource; the resource itself where none does."""
        found = resource
        while found.parent in self.components:
            found = self.components[found.parent]
        return found

    def room(self, resource: Resource) -> str:
        """The folder of infra/ that a resource belongs to."""
        holder = self.component(resource)
        _, module, _ = holder.type.split(":", 2)
        module = module.split("/")[0]
        return _ROOMS.get(module, module) if holder.custom else module


def read(exported: Any, source: str) -> State:
    """A state, or an error that says what the file is not."""
    try:
        entries = exported["deployment"].get("resources") or []
        found = [_resource(each) for each in entries if _counts(each)]
        root = next((each for each in entries if each["type"] == _STACK), None)
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError("--state", source, "a file as `pulumi stack export` writes it") from error
    stack = root["urn"].split("::")[0].rsplit(":", 1)[-1] if root else source
    return State(stack, tuple(found), (root or {}).get("outputs") or {})


def load(path: Path) -> State:
    try:
        return read(json.loads(path.read_text()), str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError("--state", str(path), "a file as `pulumi stack export` writes it") from error


def arguments(parser: argparse.ArgumentParser) -> None:
    """Either `--stack` or `--state`."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--stack", metavar="NAME", help="a stack that is up: its state is asked of the engine"
    )
    source.add_argument("--state", metavar="FILE", type=Path, help="an exported state, without the engine")


def given(args: argparse.Namespace) -> State:
    if args.state:
        return load(args.state)
    pulumi = Pulumi()
    pulumi.require()
    return read(pulumi.export(args.stack), args.stack)


def _counts(entry: Mapping[str, Any]) -> bool:
    return not entry["type"].startswith("pulumi:") and not entry.get("delete")


def _resource(entry: Mapping[str, Any]) -> Resource:
    return Resource(
        entry["urn"],
        entry["type"],
        bool(entry.get("custom")),
        str(entry.get("id") or ""),
        str(entry.get("parent") or ""),
        entry.get("inputs") or {},
        entry.get("outputs") or {},
        tuple(entry.get("dependencies") or ()),
    )
