"""Resources of an exported Pulumi state (`pulumi stack export`): no engine, no network, no secrets."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.context import Context
from policies.errors import StateError
from policies.resource import Properties, Resource
from policies.stack import ROOT, Stack

_VERSION = 3


@dataclass(frozen=True)
class State:
    """One stack's state: its resources, its outputs, and the digest of the bytes they came from.

    The stack itself is among the resources, with its outputs as properties.
    """

    stack: str
    resources: tuple[Resource, ...]
    outputs: Properties
    sha256: str

    def judged_as(self, about: Context) -> Stack:
        return Stack(self.resources, about, self.stack)


def _resource(given: Mapping[str, Any]) -> Resource:
    # Outputs say what exists; inputs say what was asked where the provider keeps no output.
    merged = {**(given.get("inputs") or {}), **(given.get("outputs") or {})}
    references = {key: tuple(urns or ()) for key, urns in (given.get("propertyDependencies") or {}).items()}
    return Resource(
        given["type"],
        given["urn"],
        given["urn"].rsplit("::", 1)[-1],
        Properties(merged),
        bool(given.get("protect")),
        references,
        str(given.get("id") or ""),
    )


def _counts(item: Mapping[str, Any]) -> bool:
    """What the stack owns: no components, providers, stack references, or what is only read or leaving."""
    if item.get("delete") or item.get("external"):
        return False
    return item["type"] == ROOT or (bool(item.get("custom")) and not item["type"].startswith("pulumi:"))


def _listed(raw: bytes, source: str) -> Sequence[Mapping[str, Any]]:
    try:
        exported = json.loads(raw)
        version = exported["version"]
        listed: Sequence[Mapping[str, Any]] = exported["deployment"].get("resources") or []
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(source, f"is not the output of `pulumi stack export` ({error})") from error
    if version != _VERSION:
        raise StateError(source, f"has version {version!r}; version {_VERSION} can be judged")
    return listed


def parse(raw: bytes, source: str) -> State:
    """Read an export; raises `StateError` where it is not one."""
    return of_resources(_listed(raw, source), source, hashlib.sha256(raw).hexdigest())


def of_resources(listed: Sequence[Mapping[str, Any]], source: str, sha256: str) -> State:
    """The state that holds these resources, each as the engine writes it."""
    try:
        resources = tuple(_resource(item) for item in listed if _counts(item))
    except (KeyError, TypeError, AttributeError) as error:
        raise StateError(source, f"holds a resource that cannot be read ({error!r})") from error
    root = next((each for each in resources if each.type == ROOT), None)
    if root is None:
        raise StateError(source, "holds no stack: was it ever brought up?")
    return State(root.stack, resources, root.properties, sha256)


def read_file(path: Path) -> State:
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise StateError(str(path), error.strerror or "cannot be read") from error


def read_stack(stack: str) -> State:
    """Export a stack with the Pulumi CLI on PATH."""
    command = ["pulumi", "stack", "export", "--stack", stack]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise StateError(stack, 'needs `pulumi` on PATH; try: eval "$(python -m localcloud env)"') from error
    if done.returncode:
        raise StateError(stack, done.stderr.decode(errors="replace").strip().splitlines()[-1])
    return parse(done.stdout, stack)
