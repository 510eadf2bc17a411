"""What one operation of the engine did, from its events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation.events import (
    DiagnosticEvent,
    EngineEvent,
    OpType,
    PolicyEvent,
    ResourcePreEvent,
    ResOutputsEvent,
    StepEventStateMetadata,
    SummaryEvent,
)

STACK_TYPE = "pulumi:pulumi:Stack"
REFERENCE_TYPE = "pulumi:pulumi:StackReference"
SECRET = "[secret]"
"""What the engine shows of a secret."""
_HARMLESS = ("discard", "read", "same")
"""What is done to stack references and to what stays as it is."""
_REMOVING = ("create-replacement", "delete", "delete-replaced", "discard-replaced", "replace")


@dataclass
class Outcome:
    """`changes` counts operations other than `same`; `touched` the resources that are done so far."""

    changes: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """Of the stack, secrets hidden."""
    outputs_differ: bool = False
    touched: int = 0
    begun: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Creations without an end, by URN, with what the engine asked for."""
    error_urns: dict[str, str] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    """What was, or in a preview would be, replaced or deleted: type by URN."""
    references: dict[str, int] = field(default_factory=dict)
    """Operations on stack references: another stack's outputs are news when read back, but no drift."""
    heard: int = 0
    """Events so far; they are numbered from 0 without a gap."""
    lost: bool = False
    ended: bool = False

    @property
    def differences(self) -> dict[str, int]:
        """Operations that change something, by name; empty when nothing does."""
        own = {name: count - self.references.get(name, 0) for name, count in self.changes.items()}
        found = {name: count for name, count in own.items() if count and name not in _HARMLESS}
        return found or ({"outputs": 1} if self.outputs_differ else {})

    def take(self, event: EngineEvent) -> None:
        """One that fails here, or could not be read, leaves a gap before the next."""
        self.lost = self.lost or event.sequence != self.heard
        for name, handler in _HANDLERS.items():
            if payload := getattr(event, name):
                handler(self, payload)
        self.heard = event.sequence + 1

    def close(self, said: list[str]) -> None:
        """After the last event; `said` is what a failed command wrote, where no event was an error."""
        if self.errors or self.violations:
            return
        self.errors += said
        if not said and (self.lost or not self.ended):
            self.errors.append("not all of the engine's events arrived: what it did is not known")


def _resource_begins(outcome: Outcome, payload: ResourcePreEvent) -> None:
    metadata = payload.metadata
    if metadata.op == "create" and not payload.planning:
        outcome.begun[metadata.urn] = _asked(metadata.new)
    if metadata.op in _REMOVING:
        outcome.removed[metadata.urn] = metadata.type


def _asked(new: StepEventStateMetadata | None) -> dict[str, Any]:
    keys = ("urn", "type", "custom", "parent", "provider", "inputs")
    found = {key: getattr(new, key) for key in keys} if new else {}
    return {key: value for key, value in found.items() if value not in (None, "")}


def _resource_ends(outcome: Outcome, payload: ResOutputsEvent) -> None:
    metadata = payload.metadata
    outcome.touched += 1
    outcome.begun.pop(metadata.urn, None)
    if metadata.type == REFERENCE_TYPE:
        operation = metadata.op.value
        outcome.references[operation] = outcome.references.get(operation, 0) + 1
    if metadata.type == STACK_TYPE:
        before, after = ((side and side.outputs) or {} for side in (metadata.old, metadata.new))
        outcome.outputs, outcome.outputs_differ = after, before != after


def _diagnostic(outcome: Outcome, payload: DiagnosticEvent) -> None:
    if payload.severity == "error":
        urn, message = payload.urn or "", plain(payload.message)
        name = urn.rsplit("::", 1)[-1]
        outcome.errors.append(f"{name}: {message}" if name else message)
        outcome.error_urns[urn] = message


def _policy(outcome: Outcome, payload: PolicyEvent) -> None:
    if payload.enforcement_level == "mandatory":
        name = (payload.resource_urn or "").rsplit("::", 1)[-1]
        outcome.violations.append(f"policy {payload.policy_name} on {name}: {plain(payload.message)}")


def _summary(outcome: Outcome, payload: SummaryEvent) -> None:
    changes = payload.resource_changes or {}
    outcome.changes = {OpType(name).value: count for name, count in changes.items()}
    outcome.ended = True


_HANDLERS: dict[str, Any] = {
    "diagnostic_event": _diagnostic,
    "policy_event": _policy,
    "res_outputs_event": _resource_ends,
    "resource_pre_event": _resource_begins,
    "summary_event": _summary,
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
