"""`tenant list`: every tenant of a place, what its files say and what the engine knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from infra.cli.errors import EngineFailed
from infra.cli.places import Stack
from infra.cli.pulumi import Pulumi
from infra.config import CellConfig, TenantConfig


@dataclass(frozen=True)
class Row:
    """`drift` is yes, no, or unknown: nobody looked, it is not up, or the look failed."""

    tenant: str
    stack: str
    cell: str
    site: str
    placement: str
    profile: str
    version: str
    """The tag of the runtime's image."""
    active: bool
    last_update: str | None
    """Of the last operation that changed the stack; None before the first."""
    drift: str


def rows(pulumi: Pulumi, stacks: list[Stack], drift: bool = False) -> list[Row]:
    """One row a site of a tenant. Looking for drift reads everything back and changes nothing."""
    updates = _updates(pulumi)
    sites = {each.name: each.config.site for each in stacks if isinstance(each.config, CellConfig)}
    return [
        _row(stack, stack.config, sites, updates, _drift(pulumi, stack.name, updates) if drift else "unknown")
        for stack in stacks
        if isinstance(stack.config, TenantConfig)
    ]


def _row(
    stack: Stack,
    config: TenantConfig,
    sites: Mapping[str, str],
    updates: Mapping[str, str | None],
    drift: str,
) -> Row:
    return Row(
        config.tenant,
        stack.name,
        config.cell_stack,
        sites[config.cell_stack],
        config.placement,
        config.profile.name,
        config.image_tag,
        config.active,
        updates.get(stack.name),
        drift,
    )


def _updates(pulumi: Pulumi) -> dict[str, str | None]:
    """Stacks that the backend has, each with the time of its last update."""
    listed = json.loads(pulumi.ask("stack", "ls", "--json"))
    return {each["name"].rsplit("/", 1)[-1]: each.get("lastUpdate") for each in listed}


def _drift(pulumi: Pulumi, stack: str, updates: Mapping[str, str | None]) -> str:
    if not updates.get(stack):
        return "unknown"
    try:
        outcome = pulumi.run("refresh", stack, "--preview-only", what="looking for drift")
    except EngineFailed:
        return "unknown"
    return "yes" if outcome.differences else "no"


HEAD = ("tenant", "cell", "site", "placement", "profile", "version", "active", "last update", "drift")


def text(found: list[Row]) -> str:
    """The rows as columns."""
    cells = [
        (
            each.tenant,
            each.cell,
            each.site,
            each.placement,
            each.profile,
            each.version,
            "yes" if each.active else "no",
            (each.last_update or "never").removesuffix("Z").replace("T", " ").split(".")[0],
            each.drift,
        )
        for each in found
    ]
    lines = [tuple(name.upper() for name in HEAD), *cells]
    width = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(value.ljust(width[column]) for column, value in enumerate(line)).rstrip() for line in lines
    )
