"""A stack as it is in Google Cloud now: `pulumi refresh --preview-only` reads, and changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.errors import StateError
from policies.resource import SECRET
from policies.state import State, of_resources, pulumi

_MASKED = "[secret]"


@dataclass(frozen=True)
class Drift:
    """One resource that is not as its stack left it: the changed properties, or none where it is gone."""

    urn: str
    gone: bool
    properties: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = self.urn.split("::", 3)[-1]
        return f"{name} is gone" if self.gone else f"{name} changed: {', '.join(self.properties)}"


def read_live(stack: str) -> tuple[State, tuple[Drift, ...]]:
    """Ask Google for every resource of a stack, with the Pulumi CLI on PATH."""
    # A refresh that fails prints the plan as far as it came: half a stack is not what is live.
    done = pulumi(stack, "refresh", "--preview-only", "--json", "--non-interactive")
    return parse(done.stdout, stack, done.stderr.decode(errors="replace"))


def parse(raw: bytes, stack: str, said: str = "") -> tuple[State, tuple[Drift, ...]]:
    """From what `pulumi refresh --preview-only --json` printed; raises `StateError` where it failed."""
    try:
        steps = json.loads(raw)["steps"]
        present = [_marked(step["newState"]) for step in steps if "newState" in step]
        drifted = tuple(_drift(step) for step in steps if _drifted(step["op"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        last = said.strip().splitlines()[-1:] or [f"the refresh printed no plan ({error!r})"]
        raise StateError(stack, last[0]) from error
    return of_resources(present, stack, hashlib.sha256(raw).hexdigest()), drifted


def _marked(value: Any) -> Any:
    """What the engine masks in its plan, marked as the secret that it is."""
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return SECRET if value == _MASKED else value


def _drifted(op: Any) -> bool:
    if not isinstance(op, str):
        raise TypeError("op: not a string")
    return op in ("update", "delete", "replace")


def _drift(step: Mapping[str, Any]) -> Drift:
    if not isinstance(step["urn"], str):
        raise TypeError("urn: not a string")
    changed = tuple(sorted(map(str, step.get("detailedDiff") or ())))
    return Drift(step["urn"], step["op"] == "delete", changed)
