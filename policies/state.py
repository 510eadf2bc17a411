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
    made_from = given.get("propertyDependencies") or {}
    identity = given.get("id")
    return Resource(
        given["type"],
        given["urn"],
        given["urn"].split("::", 3)[3],
        Properties(merged),
        _true(given, "protect"),
        {key: _urns(urns) for key, urns in made_from.items()},
        identity if isinstance(identity, str) else "",
    )


def _urns(given: Any) -> tuple[str, ...]:
    if given is not None and not (isinstance(given, list) and all(isinstance(urn, str) for urn in given)):
        raise TypeError("propertyDependencies: not lists of URNs")
    return tuple(given or ())


def _true(given: Mapping[str, Any], key: str) -> bool:
    """The boolean at a key, False where there is none: the string "false" would count as true."""
    value = given.get(key)
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"{key}: {value!r} is not true or false")
    return bool(value)


def _counts(item: Mapping[str, Any]) -> bool:
    """What the stack owns: no components, providers, stack references, or what is only read or leaving."""
    if not isinstance(item, dict):
        raise TypeError(f"{str(item)[:40]!r} is no resource")
    for key in ("type", "urn"):
        if not isinstance(item.get(key), str):
            raise TypeError(f"{key} is no text")
    if any([_true(item, "delete"), _true(item, "external")]):
        return False
    return item["type"] == ROOT or (_true(item, "custom") and not item["type"].startswith("pulumi:"))


def _listed(raw: bytes, source: str) -> Sequence[Mapping[str, Any]]:
    try:
        exported = json.loads(raw)
        version = exported["version"]
        listed: Sequence[Mapping[str, Any]] = exported["deployment"].get("resources") or []
    except (ValueError, RecursionError) as error:
        why = f"is no JSON: {error}" if raw.strip() else "is empty"
        raise StateError(source, f"is not the output of `pulumi stack export`: {why}") from error
    except (KeyError, TypeError, AttributeError) as error:
        why = "has no `version` with a `deployment`"
        raise StateError(source, f"is not the output of `pulumi stack export`: {why}") from error
    if version != _VERSION:
        raise StateError(source, f"has version {version!r}; version {_VERSION} can be judged")
    return listed


def parse(raw: bytes, source: str) -> State:
    """Read an export; raises `StateError` where it is not one."""
    return of_resources(_listed(raw, source), source, hashlib.sha256(raw).hexdigest())


def of_resources(listed: Sequence[Mapping[str, Any]], source: str, sha256: str) -> State:
    """The state that holds these resources, each as the engine writes it."""
    if not isinstance(listed, list):
        raise StateError(source, "has `resources` that cannot be read: no list")
    try:
        resources = tuple(_resource(item) for item in listed if _counts(item))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise StateError(source, f"holds a resource that cannot be read ({error})") from error
    root = _root(resources, source)
    return State(root.stack, resources, root.properties, sha256)


def _root(resources: Sequence[Resource], source: str) -> Resource:
    """The one stack that all the resources belong to, each once."""
    roots = [each for each in resources if each.type == ROOT]
    if not roots:
        raise StateError(source, "holds no stack: was it ever brought up?")
    if len(roots) > 1:
        raise StateError(source, f"holds {len(roots)} stacks, of which one can be judged")
    seen: set[str] = set()
    for each in resources:
        if each.urn in seen:
            raise StateError(source, f"names {each.urn} twice")
        if each.stack != roots[0].stack:
            held = f"a resource of stack {each.stack!r} beside those of {roots[0].stack!r}"
            raise StateError(source, f"holds {held}")
        seen.add(each.urn)
    return roots[0]


def read_file(path: Path) -> State:
    return parse(content(path), str(path))


def content(path: Path) -> bytes:
    """All of a file or pipe; raises `StateError` on what cannot be read, or never ends."""
    try:
        if path.is_char_device():
            raise StateError(str(path), "is a device; a file or a pipe can be judged")
        return path.read_bytes()
    except OSError as error:
        raise StateError(str(path), error.strerror or "cannot be read") from error


def read_stack(stack: str) -> State:
    """Export a stack with the Pulumi CLI on PATH."""
    return parse(pulumi(stack, "stack", "export").stdout, stack)


def pulumi(stack: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """What the Pulumi CLI on PATH says of a stack; raises `StateError` with its last line where it fails."""
    command = ["pulumi", *arguments, "--stack", stack]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise StateError(stack, 'needs `pulumi` on PATH; try: eval "$(python -m localcloud env)"') from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        silent = f"pulumi exited with {done.returncode}, and did not say why"
        raise StateError(stack, lines[-1] if lines else silent)
    return done
