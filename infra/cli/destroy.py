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
            left += _one(pulumi, stack, decommission)
    return left


def _one(pulumi: Pulumi, stack: Stack, decommission: bool) -> list[Survivor]:
    progress = Progress()
    recovery.settle(pulumi, stack.name, progress)
    exported = pulumi.export(stack.name)
    options: tuple[str, ...] = ()
    if protected(exported):
        if not decommission:
            raise Protected(stack.name, protected(exported))
        options = ("--config-file", str(_lifted(pulumi, stack)))
        pulumi.run(
            "preview", stack.name, "--policy-pack", POLICIES, *options, what="previewing", progress=progress
        )
        update(pulumi, stack.name, progress, *options)
        progress.say(f"{stack.name}: protection lifted")
        exported = pulumi.export(stack.name)
    flags = ("--yes", "--skip-preview", *options)
    outcome = pulumi.run("destroy", stack.name, *flags, what="destroying", progress=progress)
    progress.say(f"{stack.name}: {described(outcome.differences)} ({progress.elapsed():.1f} s)")
    return survivors(exported)


def _lifted(pulumi: Pulumi, stack: Stack) -> Path:
    """A copy of the stack file with protection lifted: the committed file stays as it is."""
    document: dict[str, Any] = yaml.safe_load(stack.path.read_text())
    document["config"]["careplane:decommission"] = "true"
    copy = pulumi.home / f"Pulumi.{stack.name}.decommission.yaml"
    copy.write_text(yaml.safe_dump(document, sort_keys=False))
    return copy
