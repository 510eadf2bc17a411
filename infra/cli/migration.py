"""`tenant move`: a plan, step by step, instead of an update that would replace everything.

The tenant gets a second stack beside the first; its data goes through the runtime, since each stack's
fields are encrypted under keys of its own. Each step has its commands, the check that proves it and the
way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.cli import tenants
from infra.cli.places import STACKS, Stack, stacks
from infra.config import CellConfig, TenantConfig
from infra.datafile import load
from infra.errors import ConfigError

NEXT = "-next"
"""What the name of a moving tenant's new stack ends in, until the old one is gone and it is renamed."""
_OF_THE_OLD = (
    "careplane:active",
    "careplane:cellStack",
    "careplane:decommission",
    "careplane:follows",
    "careplane:instance",
    "careplane:jurisdiction",
    "careplane:pairedRegion",
    "careplane:placement",
    "careplane:place",
    "careplane:profile",
    "careplane:promoted",
    "careplane:readOnly",
    "careplane:recoverable",
    "careplane:recoversFrom",
    "careplane:recoveryInstance",
    "careplane:revision",
    "careplane:traffic",
)
"""Keys that the new stack does not take over."""
_IN_THE_CELL = ("careplane:healthcare:Dataset::audit", "careplane:run:Job::grants")
"""Components whose resources lie in the cell's project whatever the placement."""


@dataclass(frozen=True)
class Step:
    """`check` proves that the step is done; `undo` is the way back from here."""

    title: str
    why: str
    commands: tuple[str, ...]
    check: tuple[str, ...]
    undo: str


@dataclass(frozen=True)
class Move:
    """From one live stack to a new one; `document` is the new stack file."""

    tenant: str
    old: Stack
    new: str
    cell: Stack
    placement: str
    document: dict[str, Any]

    @property
    def before(self) -> TenantConfig:
        assert isinstance(self.old.config, TenantConfig)
        return self.old.config

    @property
    def after(self) -> CellConfig:
        return tenants.cell_config(self.cell)

    @property
    def same_cell(self) -> bool:
        return self.cell.name == self.before.cell_stack


def plan(place: str, name: str, cell: str | None, placement: str | None, folder: Path = STACKS) -> Move:
    """What would move where; a target that is no other, or cannot serve, is refused."""
    found = {stack.name: stack for stack in stacks(place, folder)}
    old = _stack_of(place, name, found)
    assert isinstance(old.config, TenantConfig)
    target = tenants.cell(found, "--to-cell", cell or old.config.cell_stack)
    wanted = placement or old.config.placement
    _check_target(old.config, target, wanted, cell, placement is not None)
    new = f"{place}-tenant-{name}{NEXT}"
    return Move(name, old, new, target, wanted, _document(old, target, name, wanted))


def write(move: Move, folder: Path = STACKS) -> list[Path]:
    """The new stack file and, for dedicated, its cell's list."""
    return tenants.write(move.before.place, folder, {move.new: move.document})


def leave(cell: str, tenant: str, folder: Path = STACKS) -> Path:
    """Take a dedicated tenant that is gone from its cell's list, leaving comments and order alone."""
    found = {stack.name: stack for stack in stacks(tenants.place_of(cell), folder)}
    home = tenants.cell(found, "--leave", cell)
    if tenant not in (listed := tenants.cell_config(home).dedicated_tenants):
        raise ConfigError("NAME", tenant, listed or f"a dedicated tenant of {cell}, which has none")
    for stack in found.values():
        config = stack.config
        if (
            isinstance(config, TenantConfig)
            and config.placement == "dedicated"
            and (config.cell_stack, config.tenant) == (cell, tenant)
        ):
            raise ConfigError("NAME", tenant, f"a tenant that is gone; {stack.path.name} is there")
    lines = home.path.read_text().splitlines()
    at = lines.index("  careplane:dedicatedTenants:")
    entry = next(n for n in range(at + 1, len(lines)) if lines[n].strip(" -'\"") == tenant)
    del lines[entry]
    if len(listed) == 1:
        lines[at] += " []"
    home.path.write_text("\n".join(lines) + "\n")
    return home.path


def _stack_of(place: str, name: str, found: dict[str, Stack]) -> Stack:
    mine = [
        each
        for each in found.values()
        if isinstance(each.config, TenantConfig) and each.config.tenant == name
    ]
    if not mine:
        known = {each.config.tenant for each in found.values() if isinstance(each.config, TenantConfig)}
        raise ConfigError("NAME", name, known or f"a tenant of {place}")
    if len(mine) > 1:
        second = mine[-1].name
        raise ConfigError(
            "NAME",
            name,
            f"a tenant with one stack; {name} has {' and '.join(each.name for each in mine)}: a recovery "
            f"site comes down first (python -m infra destroy --stack {second} --decommission), a move that "
            f"has begun goes on with its plan",
        )
    return mine[0]


def _check_target(old: TenantConfig, target: Stack, placement: str, cell: str | None, asked: bool) -> None:
    """`asked`: whether the placement was, and is not just the one that the tenant has."""
    config = tenants.cell_config(target)
    if target.name == old.cell_stack and placement == old.placement:
        option = "--to-cell" if cell else "--to-placement"
        raise ConfigError(
            option,
            cell or placement,
            f"another than {old.cell_stack if cell else old.placement}, where the tenant is already",
        )
    if config.jurisdiction.name != old.jurisdiction.name:
        raise ConfigError(
            "--to-cell",
            target.name,
            f"a cell in jurisdiction {old.jurisdiction.name}; {target.name} lies in "
            f"{config.jurisdiction.name}, and a move out of a jurisdiction is a new tenant",
        )
    if placement in config.profile.placements:
        return
    if asked:
        raise ConfigError("--to-placement", placement, config.profile.placements)
    allowed = " or ".join(config.profile.placements)
    raise ConfigError(
        "--to-cell",
        target.name,
        f"a cell for {placement} tenants, as {old.tenant} is; {target.name} is for {allowed} ones: add "
        f"--to-placement {config.profile.placements[0]}",
    )


def _document(old: Stack, target: Stack, name: str, placement: str) -> dict[str, Any]:
    """The tenant's own choices from its present file, all else from the target cell; not active yet."""
    document = tenants.file(name, target, placement)
    own = load(old.path)["config"]
    kept = {
        key: value for key, value in own.items() if key.startswith("careplane:") and key not in _OF_THE_OLD
    }
    gcp = {key: value for key, value in document["config"].items() if key.startswith("gcp:")}
    rest = {key: value for key, value in document["config"].items() if not key.startswith("gcp:")}
    document["config"] = {**rest, **kept, "careplane:active": "false", **gcp}
    return document


def handed_over(move: Move) -> list[str]:
    """URNs of the components that both stacks would have in the one cell's project."""
    return (
        [f"urn:pulumi:{move.old.name}::careplane::{each}" for each in _IN_THE_CELL] if move.same_cell else []
    )
