"""`destroy`: in reverse order, after protection was lifted by config, and with a list of what survives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from infra.cli import recovery
from infra.cli.errors import Protected
from infra.cli.events import described
from infra.cli.places import Stack
from infra.cli.progress import Progress
from infra.cli.pulumi import POLICIES, Pulumi
from infra.cli.survivors import Survivor, protected, survivors
from infra.cli.up import update


def destroy(pulumi: Pulumi, stacks: list[Stack], decommission: bool) -> list[Survivor]:
    """Tenants first, the organisation last."""
    known = pulumi.known()
    left: list[Survivor] = []
    for stack in reversed(stacks):
        if stack.name in known:
            changes, survived = destroy_one(pulumi, stack, decommission, progress := Progress())
            progress.say(f"{stack.name}: {described(changes)} ({progress.elapsed():.1f} s)")
            left += survived
    return left


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
    flags = ("--yes", "--skip-preview", *options)
    outcome = pulumi.run("destroy", stack.name, *flags, what="destroying", progress=progress)
    return outcome.differences, survivors(exported)


def lift(pulumi: Pulumi, stack: Stack, progress: Progress) -> tuple[str, ...]:
    """Lift protection by a change of configuration, previewed as any other; the flags that name it."""
    options = ("--config-file", str(_lifted(pulumi, stack)))
    pulumi.run(
        "preview", stack.name, "--policy-pack", POLICIES, *options, what="previewing", progress=progress
    )
    update(pulumi, stack.name, progress, *options)
    progress.say(f"{stack.name}: protection lifted")
    return options


def _lifted(pulumi: Pulumi, stack: Stack) -> Path:
    """A copy of the stack file with protection lifted: the committed file stays as it is."""
    document: dict[str, Any] = yaml.safe_load(stack.path.read_text())
    document["config"]["careplane:decommission"] = "true"
    copy = pulumi.home / f"Pulumi.{stack.name}.decommission.yaml"
    copy.write_text(yaml.safe_dump(document, sort_keys=False))
    return copy
