"""Resources of an exported Pulumi state (`pulumi stack export`): no engine, no network, no secrets."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.errors import StateError
from policies.resource import SECRET, UNKNOWN, Properties, Resource

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True)
class State:
    """One stack's state: its resources, its outputs, and the digest of the bytes they came from."""

    stack: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    sha256: str


def plain(value: Any) -> Any:
    """The value with secrets and unknowns replaced by their markers (Pulumi's wire signatures)."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET_SIGNATURE:
            return SECRET
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return UNKNOWN if value == _UNKNOWN_STRING else value


def _resource(given: Mapping[str, Any]) -> Resource:
    # Outputs say what exists; inputs say what was asked where the provider keeps no output.
    merged = {**plain(given.get("inputs") or {}), **plain(given.get("outputs") or {})}
    return Resource(given["type"], given["urn"], given["urn"].rsplit("::", 1)[-1], Properties(merged))


def parse(raw: bytes, source: str) -> State:
    """Read an export; raises `StateError` where it is not one."""
    try:
        deployment = json.loads(raw)["deployment"]
        listed = deployment.get("resources") or []
        resources = tuple(_resource(item) for item in listed if item.get("custom") and not item.get("delete"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(source, f"is not the output of `pulumi stack export` ({error})") from error
    stack = next((item for item in listed if item.get("type") == "pulumi:pulumi:Stack"), None)
    if stack is None:
        raise StateError(source, "holds no stack: was it ever brought up?")
    name = stack["urn"].split("::")[0].removeprefix("urn:pulumi:")
    return State(name, resources, plain(stack.get("outputs") or {}), hashlib.sha256(raw).hexdigest())


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
