"""A stack brought up with some of its configuration changed, in a copy: the committed file stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from infra.cli.places import Stack
from infra.cli.progress import Progress
from infra.cli.pulumi import POLICIES, Pulumi
from infra.cli.up import update

Changes = Mapping[str, str | None]
"""Keys with their values; None takes a key out."""


def overridden(pulumi: Pulumi, stack: Stack, name: str, changes: Changes) -> tuple[str, ...]:
    """The flags that name the copy `Pulumi.STACK.NAME.yaml`."""
    document: dict[str, Any] = yaml.safe_load(stack.path.read_text())
    given = {**document["config"], **changes}
    document["config"] = {key: value for key, value in given.items() if value is not None}
    copy = pulumi.home / f"Pulumi.{stack.name}.{name}.yaml"
    copy.write_text(yaml.safe_dump(document, sort_keys=False))
    return "--config-file", str(copy)


def preview(pulumi: Pulumi, stack: Stack, progress: Progress, *options: str) -> bool:
    """Under the policies, as any other change; whether there is one."""
    outcome = pulumi.run(
        "preview", stack.name, "--policy-pack", POLICIES, *options, what="previewing", progress=progress
    )
    return bool(outcome.differences)


def apply(pulumi: Pulumi, stack: Stack, progress: Progress, *options: str) -> None:
    """Preview, then update, also where only protection differs, which no preview shows."""
    preview(pulumi, stack, progress, *options)
    update(pulumi, stack.name, progress, *options)
