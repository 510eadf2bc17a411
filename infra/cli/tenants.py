"""`tenant new`: a stack file a site, and for a dedicated tenant a line in each cell's list.

Nothing is written unless the whole place is consistent with it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from infra import profile
from infra.cli.gone_names import require_new
from infra.cli.places import STACKS, Stack, stacks
from infra.config import SECOND, CellConfig, TenantConfig, tenant_name
from infra.errors import ConfigError
from infra.profile import EXTERNAL

_FROM_CELL = ("careplane:place", "careplane:profile", "careplane:jurisdiction")
_OPTIONAL = ("careplane:domain",)


@dataclass(frozen=True)
class NewTenant:
    """`profile` is the cell's where none is given; `recovery` is the cell of the second site."""

    name: str
    cell: str
    placement: str = "pooled"
    profile: str | None = None
    recovery: str | None = None


def new(asked: NewTenant, folder: Path = STACKS, records: Path | None = None) -> list[Path]:
    """The files written, the tenant's first. Every bad choice has an error of its own.

    `records` is where off-boarding and destroy keep who was there before.
    """
    tenant_name(asked.name)
    place = place_of(asked.cell)
    _check_place(asked.cell, folder)
    found = {stack.name: stack for stack in stacks(place, folder)}
    home = cell(found, "--cell", asked.cell)
    _check_profile(asked, home, found)
    _check_placement(asked.placement, home)
    _check_name(asked.name, found)
    first = f"{place}-tenant-{asked.name}"
    files = {first: file(asked.name, home, asked.placement)}
    if asked.recovery:
        other = _second(asked, home, found)
        _check_recoverable(asked, cell_config(home))
        files[first + SECOND] = file(asked.name, other, asked.placement)
        _pair(files, first, cell_config(home), cell_config(other))
    if records is not None:
        rings = [_ring(asked.name, each["config"]) for each in files.values()]
        require_new(records, place, asked.name, rings)
    return write(place, folder, files)


def _ring(name: str, config: dict[str, Any]) -> str:
    """The key ring that a stack makes."""
    return f"projects/{config['gcp:project']}/locations/{config['gcp:region']}/keyRings/{name}"


def _pair(files: dict[str, dict[str, Any]], first: str, home: CellConfig, other: CellConfig) -> None:
    """The second site's stack stands by: it shares what the first one keeps in both regions."""
    files[first]["config"] |= {"careplane:recoverable": "true", "careplane:pairedRegion": other.region}
    files[first + SECOND]["config"] |= {
        "careplane:recoversFrom": first,
        "careplane:pairedRegion": home.region,
        "careplane:active": "false",
    }


def place_of(cell_stack: str) -> str:
    """`local` of `local-cell` and `local-cell-2`."""
    return cell_stack.removesuffix(SECOND).rsplit("-", 1)[0]


def _check_place(cell_stack: str, folder: Path) -> None:
    """A cell of no place is told as what it is, and not as a place that nobody named."""
    files = [path.name.split(".")[1] for path in sorted(folder.glob("Pulumi.*.yaml"))]
    if not any(name.startswith(f"{place_of(cell_stack)}-") for name in files):
        cells = [name for name in files if name.removesuffix(SECOND).endswith("-cell")]
        raise ConfigError("--cell", cell_stack, cells or "the stack of a cell")


def _check_recoverable(asked: NewTenant, home: CellConfig) -> None:
    """What config would refuse in the written file is refused as what asked for it."""
    if home.jurisdiction.key_region is None or home.profile.protection_level == EXTERNAL:
        raise ConfigError(
            "--recovery",
            asked.recovery,
            f"nothing in {asked.cell}: recovery takes keys in Cloud KMS and a jurisdiction that holds a "
            f"multi-region, and this is profile {home.profile.name} in {home.jurisdiction.name}",
        )


def cell(found: dict[str, Stack], option: str, name: str) -> Stack:
    """The cell of that name, or an error that lists the cells."""
    stack = found.get(name)
    if stack is None or not isinstance(stack.config, CellConfig):
        raise ConfigError(option, name, [each for each, other in found.items() if other.kind == "cell"])
    return stack


def cell_config(stack: Stack) -> CellConfig:
    assert isinstance(stack.config, CellConfig)
    return stack.config


def _check_profile(asked: NewTenant, home: Stack, found: dict[str, Stack]) -> None:
    """A cell is built for one profile: its folder, its services, its pooled instance."""
    config = cell_config(home)
    if asked.profile is None or asked.profile == config.profile.name:
        return
    wanted = profile.load(asked.profile)
    if config.jurisdiction.name not in wanted.jurisdictions:
        raise ConfigError(
            "--profile",
            wanted.name,
            f"a profile for jurisdiction {config.jurisdiction.name} of {home.name}; {wanted.name} is for "
            f"{', '.join(sorted(wanted.jurisdictions))}",
        )
    others = [
        name
        for name, each in found.items()
        if isinstance(each.config, CellConfig) and each.config.profile.name == wanted.name
    ]
    raise ConfigError(
        "--profile",
        wanted.name,
        f"{config.profile.name}, which {home.name} is built for; cells for {wanted.name}: "
        f"{', '.join(others) or 'none yet'}",
    )


def _check_placement(placement: str, home: Stack) -> None:
    allowed = cell_config(home).profile.placements
    if placement not in allowed:
        raise ConfigError("--placement", placement, allowed)


def _check_name(name: str, found: dict[str, Stack]) -> None:
    taken = next(
        (
            each
            for each in found.values()
            if isinstance(each.config, TenantConfig) and each.config.tenant == name
        ),
        None,
    )
    if taken:
        raise ConfigError("NAME", name, f"a name that {taken.path.name} does not have already")


def _second(asked: NewTenant, home: Stack, found: dict[str, Stack]) -> Stack:
    """The paired cell."""
    other = cell(found, "--recovery", asked.recovery or "")
    if cell_config(other).paired_stack != home.name:
        pairs = [
            name
            for name, each in found.items()
            if isinstance(each.config, CellConfig) and each.config.paired_stack == home.name
        ]
        raise ConfigError(
            "--recovery",
            other.name,
            f"a cell whose careplane:pairedCell is {home.name}: {', '.join(pairs) or 'none yet'}",
        )
    return other


def guest(config: CellConfig, tenant: str) -> str:
    """The project that the cell makes for a dedicated tenant."""
    return f"{config.project.rsplit('-', 1)[0]}-{tenant}"


def file(name: str, home: Stack, placement: str) -> dict[str, Any]:
    """From the cell's file: place, profile, jurisdiction, endpoints, and how secrets are encrypted."""
    document = yaml.safe_load(home.path.read_text())
    given, config = document["config"], cell_config(home)
    values = {key: given[key] for key in _FROM_CELL}
    values |= {
        "careplane:kind": "tenant",
        "careplane:cellStack": home.name,
        "careplane:tenant": name,
        "careplane:placement": placement,
        "careplane:imageTag": given.get("careplane:imageTag", config.place),
    }
    values |= {key: given[key] for key in _OPTIONAL if key in given}
    values |= {key: value for key, value in given.items() if key.startswith("gcp:")}
    if placement == "dedicated":
        values["gcp:project"] = guest(config, name)
    salt = {
        key: document[key] for key in ("encryptedkey", "encryptionsalt", "secretsprovider") if key in document
    }
    return {"config": values, **salt}


def write(place: str, folder: Path, files: dict[str, dict[str, Any]]) -> list[Path]:
    """Write stack files and the cells' lists, once a copy of the place with them has been checked."""
    with TemporaryDirectory() as name:
        copy = Path(name)
        for path in folder.glob(f"Pulumi.{place}-*.yaml"):
            shutil.copy(path, copy)
        changed = [_write_one(copy, stack, document) for stack, document in files.items()]
        for document in files.values():
            changed += _list(copy, document["config"])
        stacks(place, copy)
        return [Path(shutil.copy(path, folder / path.name)) for path in dict.fromkeys(changed)]


def _write_one(folder: Path, stack: str, document: dict[str, Any]) -> Path:
    path = folder / f"Pulumi.{stack}.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False, width=200))
    return path


def _list(folder: Path, config: dict[str, Any]) -> list[Path]:
    """Add a dedicated tenant to its cell's list, leaving comments and order alone."""
    path, name = folder / f"Pulumi.{config['careplane:cellStack']}.yaml", config["careplane:tenant"]
    key = "careplane:dedicatedTenants"
    if config["careplane:placement"] != "dedicated":
        return []
    listed = yaml.safe_load(path.read_text())["config"].get(key) or []
    if name in listed:
        return []
    lines = [line for line in path.read_text().splitlines() if line.rstrip() != f"  {key}: []"]
    if f"  {key}:" in lines:
        at = lines.index(f"  {key}:") + 1
        lines.insert(at, f"{lines[at].partition('-')[0]}- {name}")
    else:
        start = lines.index("config:") + 1
        lines[start:start] = [f"  {key}:", f"    - {name}"]
    path.write_text("\n".join(lines) + "\n")
    return [path]
