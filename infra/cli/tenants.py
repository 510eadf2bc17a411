"""`tenant add`: one stack file, and for a dedicated tenant a line in its cell's."""

from __future__ import annotations

from pathlib import Path

import yaml

from infra.cli.places import STACKS, Stack, stacks
from infra.config import CellConfig, tenant_name
from infra.errors import ConfigError

_FROM_CELL = ("careplane:place", "careplane:profile", "careplane:jurisdiction")


def add(name: str, cell_stack: str, placement: str, folder: Path = STACKS) -> list[Path]:
    """The files written, the tenant's first. A name that is taken or no DNS label is refused."""
    tenant_name(name)
    place = cell_stack.removesuffix("-2").rsplit("-", 1)[0]
    found = {stack.name: stack for stack in stacks(place, folder)}
    cell = found.get(cell_stack)
    if cell is None or not isinstance(cell.config, CellConfig):
        raise ConfigError(
            "--cell", cell_stack, [stack for stack, each in found.items() if each.kind == "cell"]
        )
    if placement not in cell.config.profile.placements:
        raise ConfigError("--placement", placement, cell.config.profile.placements)
    path = folder / f"Pulumi.{place}-tenant-{name}.yaml"
    if path.exists():
        raise ConfigError("NAME", name, f"a name that {path.name} does not have already")
    written = [path]
    path.write_text(_file(name, cell, cell.config, placement))
    if placement == "dedicated" and name not in cell.config.dedicated_tenants:
        _list(cell.path, name)
        written.append(cell.path)
    return written


def _file(name: str, cell: Stack, config: CellConfig, placement: str) -> str:
    """From the cell's file: place, profile, jurisdiction, endpoints, and how secrets are encrypted."""
    document = yaml.safe_load(cell.path.read_text())
    given = document["config"]
    values = {key: given[key] for key in _FROM_CELL}
    values |= {
        "careplane:kind": "tenant",
        "careplane:cellStack": cell.name,
        "careplane:tenant": name,
        "careplane:placement": placement,
        "careplane:imageTag": given.get("careplane:imageTag", config.place),
    }
    values |= {key: value for key, value in given.items() if key.startswith("gcp:")}
    if placement == "dedicated":
        values["gcp:project"] = f"{config.project.rsplit('-', 1)[0]}-{name}"
    salt = {
        key: document[key] for key in ("encryptedkey", "encryptionsalt", "secretsprovider") if key in document
    }
    return yaml.safe_dump({"config": values, **salt}, sort_keys=False, width=200)


def _list(path: Path, name: str) -> None:
    """Add a line to the cell's list, leaving comments and order alone."""
    lines = path.read_text().splitlines()
    key = "  careplane:dedicatedTenants:"
    if key in lines:
        lines.insert(lines.index(key) + 1, f"    - {name}")
    else:
        lines[lines.index("config:") + 1 : lines.index("config:") + 1] = [key, f"    - {name}"]
    path.write_text("\n".join(lines) + "\n")
