"""What one Pulumi command did, from the engine's event log."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

STACK_TYPE = "pulumi:pulumi:Stack"
REFERENCE_TYPE = "pulumi:pulumi:StackReference"
_HARMLESS = ("discard", "read", "same")
"""What is done to stack references and to what stays as it is."""
_REMOVING = ("create-replacement", "delete", "delete-replaced", "discard-replaced", "replace")
Event = dict[str, Any]


@dataclass
class Outcome:
    """`changes` counts operations other than `same`; `touched` the resources that are done so far."""

    changes: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    outputs_differ: bool = False
    touched: int = 0
    begun: dict[str, Event] = field(default_factory=dict)
    """Creations without an end, by URN, with what the engine asked for."""
    error_urns: dict[str, str] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    """What was, or in a preview would be, replaced or deleted: type by URN."""
    references: dict[str, int] = field(default_factory=dict)
    """Operations on stack references: another stack's outputs are news when read back, but no drift."""

    @property
    def differences(self) -> dict[str, int]:
        """Operations that change something, by name; empty when nothing does."""
        own = {name: count - self.references.get(name, 0) for name, count in self.changes.items()}
        found = {name: count for name, count in own.items() if count and name not in _HARMLESS}
        return found or ({"outputs": 1} if self.outputs_differ else {})

    def take(self, event: Event) -> None:
        for kind, payload in event.items():
            handler = _HANDLERS.get(kind)
            if handler:
                handler(self, payload)


def _resource_begins(outcome: Outcome, payload: Event) -> None:
    metadata = payload["metadata"]
    if metadata["op"] == "create" and not payload.get("planning"):
        outcome.begun[metadata["urn"]] = metadata.get("new") or {}
    if metadata["op"] in _REMOVING:
        outcome.removed[metadata["urn"]] = metadata["type"]


def _resource_ends(outcome: Outcome, payload: Event) -> None:
    metadata = payload["metadata"]
    outcome.touched += 1
    outcome.begun.pop(metadata["urn"], None)
    if metadata["type"] == REFERENCE_TYPE:
        outcome.references[metadata["op"]] = outcome.references.get(metadata["op"], 0) + 1
    if metadata["type"] == STACK_TYPE:
        before, after = ((metadata.get(side) or {}).get("outputs") or {} for side in ("old", "new"))
        outcome.outputs_differ = before != after


def _diagnostic(outcome: Outcome, payload: Event) -> None:
    if payload.get("severity") == "error":
        message = plain(payload.get("message", ""))
        name = payload.get("urn", "").rsplit("::", 1)[-1]
        outcome.errors.append(f"{name}: {message}" if name else message)
        outcome.error_urns[payload.get("urn", "")] = message


def _policy(outcome: Outcome, payload: Event) -> None:
    if payload.get("enforcementLevel") == "mandatory":
        name = payload.get("resourceUrn", "").rsplit("::", 1)[-1]
        outcome.violations.append(f"policy {payload['policyName']} on {name}: {plain(payload['message'])}")


def _summary(outcome: Outcome, payload: Event) -> None:
    outcome.changes = payload.get("resourceChanges") or {}


_HANDLERS = {
    "diagnosticEvent": _diagnostic,
    "policyEvent": _policy,
    "resOutputsEvent": _resource_ends,
    "resourcePreEvent": _resource_begins,
    "summaryEvent": _summary,
}


def plain(message: str) -> str:
    """Without the engine's colour marks and blank lines."""
    bare = re.sub(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m", "", message)
    return "\n".join(line.rstrip() for line in bare.splitlines() if line.strip())


_WORDS = {
    "create": "created",
    "delete": "deleted",
    "outputs": "outputs changed",
    "replace": "replaced",
    "update": "updated",
}


def described(changes: dict[str, int]) -> str:
    """`3 created, 1 updated`, for people."""
    parts = [f"{count} {_WORDS.get(operation, operation)}" for operation, count in sorted(changes.items())]
    return ", ".join(parts) or "nothing to change"
