"""`destroy`: in reverse order, after protection was lifted by config, and with a list of what survives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.cli import destroyed, recovery
from infra.cli.destroyed import Destroyed
from infra.cli.errors import Protected
from infra.cli.events import described
from infra.cli.override import Changes, apply, overridden
from infra.cli.places import Stack
from infra.cli.progress import Progress
from infra.cli.pulumi import Pulumi
from infra.cli.stack_lock import held
from infra.cli.survivors import Survivor, protected, survivors

DECOMMISSION = {"careplane:decommission": "true"}


@dataclass(frozen=True)
class Gone:
    """One stack after `destroy`; `before` says when it went, where that was not now (empty: nobody knows)."""

    stack: str
    survivors: list[Survivor]
    before: str | None = None


def destroy(pulumi: Pulumi, stacks: list[Stack], decommission: bool) -> list[Gone]:
    """Tenants first, the organisation last."""
    known = pulumi.known()
    gone = []
    for stack in reversed(stacks):
        with held(pulumi.home, stack.name, "destroy"):
            gone.append(_gone(pulumi, stack, stack.name in known, decommission))
    return gone


def _gone(pulumi: Pulumi, stack: Stack, known: bool, decommission: bool) -> Gone:
    progress = Progress()
    if known:
        recovery.settle(pulumi, stack.name, progress)
    if not known or not _resources(pulumi.export(stack.name)):
        found = destroyed.load(pulumi.home, stack.name) or Destroyed("", [])
        return Gone(stack.name, found.survivors, found.at)
    changes, left = destroy_one(pulumi, stack, decommission, progress)
    progress.say(f"{stack.name}: {described(changes)} ({progress.elapsed():.1f} s)")
    return Gone(stack.name, left)


def destroy_one(
    pulumi: Pulumi, stack: Stack, decommission: bool, progress: Progress
) -> tuple[dict[str, int], list[Survivor]]:
    """What was done, by operation, and what survives it. With nothing protected it is one step."""
    recovery.settle(pulumi, stack.name, progress)
    exported = pulumi.export(stack.name)
    options: tuple[str, ...] = ()
    if protected(exported):
        if not decommission:
            raise Protected(stack.name, protected(exported))
        options = lift(pulumi, stack, progress)
        exported = pulumi.export(stack.name)
    # Of a stack that is gone already the record stays as it is.
    here = bool(_resources(exported))
    if here:
        destroyed.begin(pulumi.home, stack.name, survivors(exported))
    flags = ("--yes", "--skip-preview", *options)
    outcome = pulumi.run("destroy", stack.name, *flags, what="destroying", progress=progress)
    if here:
        destroyed.end(pulumi.home, stack.name, datetime.now(UTC).isoformat(timespec="seconds"))
    found = destroyed.load(pulumi.home, stack.name)
    return outcome.differences, found.survivors if found else []


def lift(pulumi: Pulumi, stack: Stack, progress: Progress, also: Changes | None = None) -> tuple[str, ...]:
    """Lift protection by a change of configuration, previewed as any other; the flags that name it."""
    options = overridden(pulumi, stack, "decommission", {**DECOMMISSION, **(also or {})})
    apply(pulumi, stack, progress, *options)
    progress.say(f"{stack.name}: protection lifted")
    return options


def _resources(exported: dict[str, Any]) -> list[dict[str, Any]]:
    """What a stack's state holds, but for providers and components."""
    found = exported["deployment"].get("resources") or []
    return [each for each in found if each.get("custom") and not each["type"].startswith("pulumi:")]
