"""`up` of a tenant whose off-boarding was interrupted: said where it can be taken back, refused where not.

Its freeze lies in a copy of the stack file, so that bringing the tenant up from its own file opens it again.
"""

from __future__ import annotations

import shlex

from infra.cli import offboard_state
from infra.cli.errors import CliError
from infra.cli.offboard_state import OffboardState
from infra.cli.places import Stack
from infra.cli.progress import Progress
from infra.cli.pulumi import Pulumi
from infra.config import TenantConfig


class Leaving(CliError):
    """Keys are on their way: what would come up could not read its own data."""

    code = 2

    def __init__(self, stack: str, state: OffboardState) -> None:
        super().__init__(
            f"{stack}: its off-boarding has begun to destroy its keys and cannot be taken back; "
            f"finish it with: {command(state)}"
        )


def check(pulumi: Pulumi, stack: Stack, progress: Progress) -> None:
    """Before anything of it is made or changed."""
    config = stack.config
    if not isinstance(config, TenantConfig):
        return
    label = offboard_state.label(config.place, pulumi.rehearsing)
    state = offboard_state.load(offboard_state.path(pulumi.home, label, config.tenant))
    if state is None or state.removed or stack.name not in {each.name for each in state.stacks}:
        return
    if any(each.shredding for each in state.stacks):
        raise Leaving(stack.name, state)
    if any(each.freezing or each.lifted for each in state.stacks):
        progress.say(
            f"{stack.name}: its off-boarding was interrupted; this opens it for writing and protects it "
            "again, and what was exported no longer counts once it is written to; to go on with it instead: "
            f"{command(state)}"
        )


def command(state: OffboardState) -> str:
    """What goes on with an off-boarding, as far as its state says."""
    words = ["python", "-m", "infra", "tenant", "offboard", state.tenant]
    words += ["--place", state.place] if state.place != "local" else []
    words += ["--rehearse"] if state.rehearsed else []
    words += ["--out", state.out]
    if "none" in state.export:
        return shlex.join([*words, "--no-export", "--reason", str(state.export["none"])])
    return shlex.join([*words, "--recipient-key"]) + " PEM"
