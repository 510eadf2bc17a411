"""What an off-boarding would do, from what is there now: for `--dry-run`, and for who confirms it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from infra.cli import offboard_keys as keys
from infra.cli.errors import CliError
from infra.cli.google import Google
from infra.cli.offboard_state import OffboardState, StackState
from infra.cli.pulumi import Pulumi
from infra.cli.survivors import survivors


@dataclass(frozen=True)
class Step:
    """`done` is when an earlier run did it, empty where it is still to come."""

    step: str
    what: str
    done: str = ""


def plan(pulumi: Pulumi, google: Google, state: OffboardState, export: str) -> dict[str, Any]:
    """`export` says to whom, or that there is none."""
    known = pulumi.known()
    cell = state.stacks[0].cell
    signer = keys.signer(google, cell, pulumi.outputs(cell)).key
    stacks = [_stack(pulumi, google, each, each.name in known) for each in state.stacks]
    steps = list(_steps(state, stacks, export, signer))
    return {
        "tenant": state.tenant,
        "place": state.place,
        "dryRun": True,
        "steps": [asdict(step) for step in steps],
        "stacks": stacks,
    }


def _stack(pulumi: Pulumi, google: Google, each: StackState, known: bool) -> dict[str, Any]:
    """Keys and their versions that are not on their way yet, resources by type, and what survives."""
    resources: list[dict[str, Any]] = []
    exported: dict[str, Any] = {"deployment": {}}
    if known and not each.destroyed:
        exported = pulumi.export(each.name)
        resources = [
            found
            for found in exported["deployment"].get("resources") or []
            if found.get("custom") and found.get("id") and not found["type"].startswith("pulumi:")
        ]
    left = [asdict(survivor) for survivor in survivors(exported)] if resources else each.survivors
    kept = {survivor["id"] for survivor in left}
    types = Counter(found["type"] for found in resources if found["id"] not in kept)
    outputs = each.outputs or (pulumi.outputs(each.name) if known else {})
    if not outputs.get("keys"):
        raise CliError(f"{each.name} has no output `keys`: it was never up, or is half made")
    return {
        "stack": each.name,
        "keys": sorted(outputs["keys"].values()),
        "keyVersions": len(keys.usable(google, outputs["keys"].values())),
        "resources": dict(sorted(types.items())),
        "survivors": left,
    }


def _steps(state: OffboardState, stacks: list[dict[str, Any]], export: str, signer: str) -> list[Step]:
    names = ", ".join(each["stack"] for each in stacks)
    versions = sum(each["keyVersions"] for each in stacks)
    count = sum(len(each["keys"]) for each in stacks)
    resources = sum(sum(each["resources"].values()) for each in stacks)
    exported = str(state.export.get("verified", "")) or ("-" if "none" in state.export else "")
    keeps = export != NONE
    return [
        *(
            [Step("freeze", f"make {names} read-only, for all requests", _all(state, "frozen"))]
            if keeps
            else []
        ),
        Step("export", export, exported),
        *(
            [Step("last look", "wait for requests that began before, and look for late writes")]
            if keeps
            else []
        ),
        Step("lift protection", f"of {names}, by configuration", _all(state, "lifted")),
        Step(
            "shred",
            f"order the destruction of {versions} usable versions of {count} keys",
            _all(state, "shredded"),
        ),
        Step("destroy", f"{resources} resources", _all(state, "destroyed")),
        Step("certify", f"sign with {signer}", state.certified),
        Step("remove", f"the empty stacks and their files: {names}", state.removed),
    ]


NONE = "nothing is exported"


def _all(state: OffboardState, field: str) -> str:
    """When a step was done for the last of the stacks."""
    times = [str(getattr(each, field)) for each in state.stacks]
    return max(times) if all(times) else ""


def text(told: Mapping[str, Any]) -> str:
    """For people."""
    lines = [f"Off-boarding of tenant {told['tenant']} of {told['place']}, in this order:"]
    for number, step in enumerate(told["steps"], 1):
        done = f" (done {step['done']})" if step["done"] else ""
        lines.append(f"  {number}. {step['step']}: {step['what']}{done}")
    for stack in told["stacks"]:
        lines += [f"{stack['stack']} destroys:"]
        lines += [f"  {count:>4} {kind}" for kind, count in stack["resources"].items()]
        lines += [f"  {stack['keyVersions']:>4} versions of {len(stack['keys'])} keys", "and leaves:"]
        lines += [f"  {each['id']}  ({each['why']})" for each in stack["survivors"]]
    return "\n".join(lines)
