"""One tenant of a fleet: settled, previewed under the policies, judged, and only then changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from infra.cli import offboard_guard
from infra.cli.destroy import destroy_one
from infra.cli.errors import CliError
from infra.cli.events import Outcome
from infra.cli.places import Stack
from infra.cli.progress import Progress
from infra.cli.pulumi import POLICIES, Pulumi
from infra.cli.stateful import STATEFUL, endangered
from infra.cli.up import prepare, update


class Endangered(CliError):
    """A plan that replaces or deletes what holds data; nothing was touched."""

    def __init__(self, stack: str, plan: Outcome, urns: list[str]) -> None:
        self.stack, self.urns = stack, urns
        lines = "".join(f"\n  --allow-replace '{urn}'  ({STATEFUL[plan.removed[urn]]})" for urn in urns)
        super().__init__(f"{stack}: would replace or delete what holds data; allowed only by name:{lines}")


@dataclass(frozen=True)
class FleetOptions:
    """`allow_replace` holds URNs (or globs) of stateful resources that may be replaced or deleted."""

    allow_replace: tuple[str, ...] = ()
    decommission: bool = False


Act = Callable[[Pulumi, Stack, bool, FleetOptions, Progress], dict[str, int]]
"""From engine, stack, whether it exists, options and progress to what changed, by operation."""


def preview(
    pulumi: Pulumi, stack: Stack, known: bool, options: FleetOptions, progress: Progress
) -> dict[str, int]:
    """What an update would change, once the policies have passed it."""
    prepare(pulumi, stack, known, progress)
    return _plan(pulumi, stack, options.allow_replace, progress).differences


def up(
    pulumi: Pulumi, stack: Stack, known: bool, options: FleetOptions, progress: Progress
) -> dict[str, int]:
    offboard_guard.check(pulumi, stack, progress)
    planned = preview(pulumi, stack, known, options, progress)
    return update(pulumi, stack.name, progress) if planned else {}


def destroy(
    pulumi: Pulumi, stack: Stack, known: bool, options: FleetOptions, progress: Progress
) -> dict[str, int]:
    """Everything stateful goes, on purpose: what guards it is protection, which `decommission` lifts."""
    return destroy_one(pulumi, stack, options.decommission, progress)[0] if known else {}


def _plan(pulumi: Pulumi, stack: Stack, allowed: Collection[str], progress: Progress) -> Outcome:
    plan = pulumi.run("preview", stack.name, "--policy-pack", POLICIES, what="previewing", progress=progress)
    if urns := endangered(plan, allowed):
        raise Endangered(stack.name, plan, urns)
    return plan


ACTS: dict[str, Act] = {"preview": preview, "up": up, "destroy": destroy}
