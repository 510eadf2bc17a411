"""The stack files of a place: found, checked against each other, and put in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra import config
from infra.cli import pairs
from infra.config import CellConfig, Config, FileSource, FoundationConfig, OrganizationConfig, TenantConfig
from infra.errors import ConfigError, ResidencyError

ROOT = Path(__file__).resolve().parents[2]
STACKS = ROOT / "stacks"
_ORDER = (OrganizationConfig, FoundationConfig, CellConfig, TenantConfig)


@dataclass(frozen=True)
class Stack:
    """One stack file, read and checked."""

    name: str
    path: Path
    config: Config

    @property
    def kind(self) -> str:
        return config.KINDS[self.rank]

    @property
    def rank(self) -> int:
        return _ORDER.index(type(self.config))

    @property
    def turn(self) -> tuple[int, bool]:
        """Stacks of one turn read nothing of each other; a second site's come after the first's."""
        given = self.config
        second = isinstance(given, CellConfig) and given.paired_stack is not None
        second = second or (isinstance(given, TenantConfig) and given.recovers_from is not None)
        return self.rank, second


def stacks(place: str, folder: Path = STACKS) -> list[Stack]:
    """All stacks of a place: organisation, foundations, cells, tenants; first sites before second ones."""
    found = [_read(path) for path in sorted(folder.glob(f"Pulumi.{place}-*.yaml"))]
    if not found:
        raise ConfigError("--place", place, _places(folder) or "a place that has stack files")
    _check_cells(found)
    _check_tenants(found)
    pairs.check({stack.name: stack.config for stack in found})
    return sorted(found, key=lambda stack: (stack.turn, stack.name))


def pick(all_stacks: list[Stack], names: list[str]) -> list[Stack]:
    """Those named, in order; all of them when none is."""
    known = {stack.name for stack in all_stacks}
    for name in names:
        if name not in known:
            raise ConfigError("--stack", name, known)
    return [stack for stack in all_stacks if not names or stack.name in names]


def _read(path: Path) -> Stack:
    source = FileSource(path)
    try:
        return Stack(source.stack, path, config.load(source))
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error.key}", error.given, error.allowed) from error
    except ResidencyError as error:
        what = f"{path.name}: {error.what}"
        raise ResidencyError(what, error.location, error.jurisdiction, error.allowed) from error


def _places(folder: Path) -> set[str]:
    return {path.name.split(".")[1].split("-")[0] for path in folder.glob("Pulumi.*-*.yaml")}


def _check_cells(found: list[Stack]) -> None:
    """One writer for a perimeter, which is named by place and site, and for a project.

    A paired second site shares the first one's projects and perimeter, and writes neither.
    """
    seen: dict[tuple[str, str], str] = {}
    for stack in sorted(found, key=lambda each: each.name):
        if isinstance(stack.config, CellConfig):
            for key, value, what in (
                ("careplane:site", stack.config.site, "site (and perimeter)"),
                ("gcp:project", stack.config.project, "project"),
            ):
                if key == "gcp:project" and stack.config.paired_stack:
                    continue
                other = seen.setdefault((key, value), stack.name)
                if other != stack.name:
                    raise ConfigError(
                        f"{stack.path.name}: {key}", value, f"a {what} that {other} does not write already"
                    )


def _check_tenants(found: list[Stack]) -> None:
    cells = {stack.name: stack.config for stack in found if isinstance(stack.config, CellConfig)}
    seen: dict[tuple[str, str, str], str] = {}
    for stack in found:
        if isinstance(stack.config, TenantConfig):
            _check_tenant(stack, stack.config, cells, seen)


def _check_tenant(
    stack: Stack, tenant: TenantConfig, cells: dict[str, CellConfig], seen: dict[tuple[str, str, str], str]
) -> None:
    """Both placements in one cell are there only while a tenant moves from one to the other."""
    key = f"{stack.path.name}: careplane:tenant"
    other = seen.setdefault((tenant.cell_stack, tenant.tenant, tenant.placement), stack.name)
    if other != stack.name:
        raise ConfigError(key, tenant.tenant, f"a name that stack {other} does not have already")
    cell = cells.get(tenant.cell_stack)
    if cell is None:
        raise ConfigError(f"{stack.path.name}: careplane:cellStack", tenant.cell_stack, cells)
    if tenant.placement == "dedicated" and tenant.tenant not in cell.dedicated_tenants:
        listed = (
            f"{tenant.cell_stack}'s careplane:dedicatedTenants, which lists {list(cell.dedicated_tenants)}"
        )
        raise ConfigError(key, tenant.tenant, f"a dedicated tenant in {listed}")
    if tenant.placement == "pooled" and tenant.project != cell.project:
        raise ConfigError(f"{stack.path.name}: gcp:project", tenant.project, f"the cell's, {cell.project}")
