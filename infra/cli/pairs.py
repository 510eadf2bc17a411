"""Two sites of one cell, two stacks of one tenant: what each says of the other must agree."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from infra.config import CellConfig, Config, TenantConfig
from infra.errors import ConfigError


def check(configs: Mapping[str, Config]) -> None:
    """By stack; a ConfigError names the file and the key."""
    cells = {name: each for name, each in configs.items() if isinstance(each, CellConfig)}
    tenants = {name: each for name, each in configs.items() if isinstance(each, TenantConfig)}
    for name, cell in cells.items():
        if cell.paired_stack:
            _check_cell(name, cell, cells)
    for name, tenant in tenants.items():
        if tenant.recovers_from:
            _check_tenant(name, tenant, tenants, cells)


def _check_cell(name: str, cell: CellConfig, cells: Mapping[str, CellConfig]) -> None:
    others = {other: each for other, each in cells.items() if each.paired_stack is None}
    first = others.get(cell.paired_stack or "")
    if first is None:
        raise _error(name, "pairedCell", cell.paired_stack, others)
    _same(name, "pairedSite", cell.paired_site, first.site)
    _same(name, "pairedRegion", cell.paired_region, first.region)
    if not first.recoverable:
        raise _error(cell.paired_stack or "", "recoverable", "false", f"true: {name} is its second site")
    _same(cell.paired_stack or "", "pairedRegion", first.paired_region, cell.region)
    _same(name, "jurisdiction", cell.jurisdiction.name, first.jurisdiction.name)
    _same(name, "profile", cell.profile.name, first.profile.name)
    if cell.project != first.project:
        raise ConfigError(f"{_file(name)}: gcp:project", cell.project, f"the paired cell's, {first.project}")
    if strange := sorted(set(cell.dedicated_tenants) - set(first.dedicated_tenants)):
        raise _error(
            name, "dedicatedTenants", strange, first.dedicated_tenants or "none: the paired cell has none"
        )
    if ipaddress.ip_network(cell.subnet).overlaps(ipaddress.ip_network(first.subnet)):
        raise _error(name, "subnet", cell.subnet, f"addresses outside {first.subnet} of the paired cell")
    _check_zone(name, cell, first)


def _check_zone(name: str, cell: CellConfig, first: CellConfig) -> None:
    """One writer of the public zone: the second site, which knows the first's addresses."""
    if cell.domain is None:
        return
    _same(name, "domain", cell.domain, first.domain)
    if not cell.publishes:
        raise _error(name, "publishes", "false", "true: of two paired sites the second writes the zone")
    if first.publishes:
        raise _error(cell.paired_stack or "", "publishes", "true", f"false: {name} writes the zone")


def _check_tenant(
    name: str,
    tenant: TenantConfig,
    tenants: Mapping[str, TenantConfig],
    cells: Mapping[str, CellConfig],
) -> None:
    first = tenants.get(tenant.recovers_from or "")
    if first is None:
        raise _error(name, "recoversFrom", tenant.recovers_from, tenants)
    if not first.recoverable:
        raise _error(tenant.recovers_from or "", "recoverable", "false", f"true: {name} recovers from it")
    _same(name, "cellStack's pairedCell", cells[tenant.cell_stack].paired_stack, first.cell_stack)
    _same(name, "pairedRegion", tenant.paired_region, first.region)
    _same(tenant.recovers_from or "", "pairedRegion", first.paired_region, tenant.region)
    _same(name, "placement", tenant.placement, first.placement)


def _same(name: str, key: str, given: str | None, wanted: str | None) -> None:
    if given != wanted:
        raise _error(name, key, given, f"{wanted}, as the other site's file says")


def _error(name: str, key: str, given: object, allowed: str | Iterable[str]) -> ConfigError:
    return ConfigError(f"{_file(name)}: careplane:{key}", given, allowed)


def _file(stack: str) -> str:
    return f"Pulumi.{stack}.yaml"
