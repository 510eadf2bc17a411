"""Nothing is written any more: a leaving tenant's services refuse it, in every revision that can be asked.

By configuration, in a copy of the stack file: `careplane:readOnly`, and all requests to the revision that
comes of it. So what was exported is all there is when the keys go, and until then it can be taken back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from infra.cli import recovery
from infra.cli.destroy import DECOMMISSION
from infra.cli.errors import CliError
from infra.cli.google import WAIT_SECONDS, Google
from infra.cli.offboard_state import OffboardState
from infra.cli.override import Changes, apply, overridden, preview
from infra.cli.places import Stack
from infra.cli.progress import Progress
from infra.cli.pulumi import Pulumi
from infra.cli.up import update

FROZEN: Changes = {"careplane:readOnly": "true", "careplane:revision": None, "careplane:traffic": None}
_LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
_LONGEST = "300s"
"""Cloud Run's default: https://cloud.google.com/run/docs/configuring/request-timeout"""
LONGEST_WRITE = 300.0
"""Seconds after which the runtime ends whatever is no file of an export; Cloud Run would let it go on."""


class StillWritable(CliError):
    """A service that does not refuse writes, though its stack says so."""

    def __init__(self, stack: str, why: str) -> None:
        super().__init__(f"{stack} may still be written to: {why}. Nothing was destroyed; run it again")


class PastReturn(CliError):
    """The keys are on their way: there is nothing to open again."""

    code = 2

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"{tenant}: an earlier run has begun to destroy its keys, so that it cannot be opened again; "
            "run its off-boarding to the end"
        )


def freeze(pulumi: Pulumi, stack: Stack, lifted: bool) -> bool:
    """Whether anything had to be changed for it; `lifted` protection stays lifted."""
    progress = Progress()
    changes = {**FROZEN, **(DECOMMISSION if lifted else {})}
    options = overridden(pulumi, stack, "frozen", changes)
    if not preview(pulumi, stack, progress, *options):
        return False
    update(pulumi, stack.name, progress, *options)
    progress.say(f"{stack.name}: read-only")
    return True


def require(
    google: Google, stack: str, outputs: Mapping[str, Any], pause: Callable[[float], None] = time.sleep
) -> float:
    """As Cloud Run has it, not as the stack says: StillWritable, or how long a write may take (seconds)."""
    name = f"projects/{outputs['project']}/locations/{outputs['locations'][0]}/services/{outputs['tenant']}"
    deadline = time.monotonic() + WAIT_SECONDS
    while (service := google.call("GET", "run", name)).get("reconciling") and time.monotonic() < deadline:
        pause(2)
    if why := _writable(service):
        raise StillWritable(stack, why)
    allowed = str(service["template"].get("timeout") or _LONGEST)
    return min(float(allowed.removesuffix("s")), LONGEST_WRITE)


def _writable(service: Mapping[str, Any]) -> str:
    """Why the service, or a revision of it, may take a write; empty when none does."""
    latest = str(service.get("latestReadyRevision", ""))
    if service.get("reconciling") or latest != service.get("latestCreatedRevision"):
        return "its latest revision is not ready"
    container = service["template"]["containers"][0]
    told = {each["name"]: each.get("value") for each in container.get("env", [])}
    if told.get("CAREPLANE_READ_ONLY") != "true":
        return "its latest revision is not read-only"
    others = [each for each in service.get("trafficStatuses", []) if not _is_latest(each, latest)]
    named = ", ".join(str(each.get("revision")) for each in others)
    return f"requests reach other revisions ({named})" if others else ""


def _is_latest(share: Mapping[str, Any], latest: str) -> bool:
    """A share of 0 % has an address of its own under its tag, so that it counts too."""
    return share.get("type") == _LATEST or share.get("revision") == latest.rpartition("/")[2]


def remaining(frozen: str, seconds: float, now: str) -> float:
    """Seconds until every request that began before an instant has ended."""
    gone = datetime.fromisoformat(now) - datetime.fromisoformat(frozen)
    return max(0.0, seconds - gone.total_seconds())


def reopen(pulumi: Pulumi, stacks: Mapping[str, Stack], state: OffboardState) -> None:
    """As the committed files say: written to and protected as before. What was exported stays where it is."""
    if any(each.shredding for each in state.stacks):
        raise PastReturn(state.tenant)
    for each in state.stacks:
        progress = Progress()
        recovery.settle(pulumi, each.name, progress)
        apply(pulumi, stacks[each.name], progress)
        progress.say(f"{each.name}: open again ({progress.elapsed():.0f} s)")
    state.path.unlink(missing_ok=True)
