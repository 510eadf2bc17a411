"""What the parts of a stack are given: configuration from a committed file, projects, keys, another stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi

from infra import config
from infra.config import CellConfig, TenantConfig
from infra.site import Site
from infra.stack.cell_keys import Keys
from infra.stack.housing import Administrator, Housing, SharedProject
from tests.infra.engine import STACKS, Declared, Edited, declare, declare_stack

AGENTS = (
    "artifactregistry",
    "bigquery",
    "healthcare",
    "logging",
    "pubsub",
    "redis",
    "run",
    "secretmanager",
    "sqladmin",
    "storage",
)


def cell_config(name: str = "local-cell", **changes: Any) -> CellConfig:
    found = config.load(_edited(name, changes))
    assert isinstance(found, CellConfig)
    return found


def tenant_config(name: str = "local-tenant-riverside", **changes: Any) -> TenantConfig:
    found = config.load(_edited(name, changes))
    assert isinstance(found, TenantConfig)
    return found


def _edited(name: str, changes: dict[str, Any]) -> Edited:
    return Edited(STACKS / f"Pulumi.{name}.yaml", _keys(changes))


def _keys(changes: dict[str, Any]) -> dict[str, Any]:
    """`gcp__region` is a key of another namespace than ours."""
    return {
        key.replace("__", ":") if "__" in key else f"careplane:{key}": each for key, each in changes.items()
    }


def housing(*guests: str, agents: tuple[str, ...] = AGENTS) -> Housing:
    """The cell's project and those of some dedicated tenants, as another stack gives them."""
    return Housing(
        _project("careplane-cell", "123456789012", agents),
        {name: _project(f"careplane-{name}", "210987654321", agents) for name in guests},
        _known("projects/careplane-cell/global/networks/cell"),
        _known("projects/careplane-cell/regions/europe-west3/subnetworks/run"),
        Administrator(_known("sql-admin@careplane-cell"), _known("sql-admin@careplane-cell.iam")),
        _known("perimeter"),
    )


def _project(name: str, number: str, agents: tuple[str, ...]) -> SharedProject:
    members = {each: _known(f"serviceAccount:service-{number}@gcp-sa-{each}.test") for each in agents}
    return SharedProject(_known(name), _known(number), members, [])


def _known(value: str) -> pulumi.Output[str]:
    return pulumi.Output.from_input(value)


def part(
    cell: CellConfig,
    make: Callable[[CellConfig, Site, Housing, Keys], Any],
    *guests: str,
    upstream: dict[str, dict[str, Any]] | None = None,
    agents: tuple[str, ...] = AGENTS,
) -> Declared:
    """Declare one part of a cell's stack beside the cell's keys."""

    def program() -> Any:
        given = housing(*guests, agents=agents)
        site = Site(given.home.project, cell.region, cell.jurisdiction, cell.protected)
        return make(cell, site, given, Keys(cell, site, given))

    return declare(program, upstream=upstream)


def again(place: dict[str, Declared], stack: str, **changes: Any) -> Declared:
    """A stack of a declared place once more, with keys changed (None removes one)."""
    return declare_stack(stack, {name: each.outputs for name, each in place.items()}, _keys(changes))


def names(declared: Declared) -> set[str]:
    """Google's resources by type and name."""
    return {f"{each.type}::{each.name}" for each in declared.resources if each.type.startswith("gcp:")}
