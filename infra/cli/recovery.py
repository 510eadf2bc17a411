"""After an interruption: locks of dead engines, creations whose answer nobody heard.

A creation that was under way may have happened. It is adopted under its known identifier and refreshed, which
drops it again if it is not there; so that the next `up` neither fails with 409 nor makes it twice.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.cli.errors import EngineBusy
from infra.cli.events import Outcome
from infra.cli.identities import identity
from infra.cli.locks import holder, stale
from infra.cli.progress import Progress
from infra.cli.pulumi import Pulumi

_NO_ANSWER = re.compile(r"connection|EOF|reset|timed? ?out|unavailable|503", re.IGNORECASE)


PATIENCE = 1800.0
"""Seconds that an engine may go on by itself; the longest single operation of the provider takes no more."""
_LOOK = 0.5


def settle(pulumi: Pulumi, stack: str, progress: Progress) -> dict[str, Any]:
    """Bring the stack's state in line with what was really made; the state as it was found."""
    backend = os.environ.get("PULUMI_BACKEND_URL", "")
    _outwait(stack, backend, progress)
    if stale(stack, backend):
        progress.say(f"{stack}: removing the lock of an engine that was killed")
        pulumi.ask("cancel", "--yes", "--stack", stack)
    _restore_unheard(pulumi, stack)
    exported = pulumi.export(stack)
    pending = [each["resource"] for each in _pending(exported) if each["type"] == "creating"]
    if not pending:
        return exported
    progress.say(f"{stack}: settling {len(pending)} interrupted creation(s)")
    pairs = [(each["urn"], identity(each["type"], each.get("inputs") or {})) for each in pending]
    known = [
        part
        for urn, name in pairs
        if name
        for part in ("--import-pending-creates", urn, "--import-pending-creates", name)
    ]
    if known:
        pulumi.run("refresh", stack, "--yes", "--skip-preview", *known, what="settling")
    if any(name is None for _, name in pairs):
        pulumi.run("refresh", stack, "--yes", "--skip-preview", "--clear-pending-creates", what="settling")
    return exported


def _outwait(stack: str, backend: str, progress: Progress) -> None:
    """An engine may outlive the command that started it: it ends by itself, and writes down what it made."""
    begun, said = time.monotonic(), False
    while pid := holder(stack, backend):
        if progress.stopped():
            raise EngineBusy(stack, pid, "left before it had ended")
        if time.monotonic() - begun > PATIENCE:
            raise EngineBusy(stack, pid, f"still at work after {PATIENCE:.0f} s")
        if not said:
            progress.say(f"{stack}: waiting for the engine of an earlier command (process {pid}) to end")
            said = True
        time.sleep(_LOOK)


def remember(pulumi: Pulumi, stack: str, outcome: Outcome) -> None:
    """Keep the creations that ended without an answer, for the next run."""
    unheard = [
        new
        for urn, new in outcome.begun.items()
        if new.get("custom", True) and _NO_ANSWER.search(outcome.error_urns.get(urn, ""))
    ]
    if unheard:
        _memory(pulumi, stack).write_text(json.dumps(unheard))


def _memory(pulumi: Pulumi, stack: str) -> Path:
    return pulumi.home / f"{stack}.unheard.json"


def _restore_unheard(pulumi: Pulumi, stack: str) -> None:
    memory = _memory(pulumi, stack)
    if not memory.exists():
        return
    exported = pulumi.export(stack)
    have = {each["urn"] for each in exported["deployment"].get("resources") or []}
    operations = [_operation(new) for new in json.loads(memory.read_text()) if new["urn"] not in have]
    if operations:
        exported["deployment"]["pending_operations"] = _pending(exported) + operations
        edited = memory.with_suffix(".state")
        edited.write_text(json.dumps(exported))
        pulumi.ask("stack", "import", "--stack", stack, "--file", str(edited))
        edited.unlink()
    memory.unlink()


def _operation(new: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("urn", "type", "parent", "provider", "inputs")
    return {
        "type": "creating",
        "resource": {"custom": True, **{key: new[key] for key in keys if new.get(key)}},
    }


def _pending(exported: dict[str, Any]) -> list[dict[str, Any]]:
    return list(exported["deployment"].get("pending_operations") or [])
