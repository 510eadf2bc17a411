"""What may not change about a tenant that is live: the engine would replace all that it has.

Checked before the engine starts, from the stack's exported state; and before a place's files are held against
each other, since a tenant that was moved by hand breaks those in ways whose mending would not help.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.cli.errors import CliError
from infra.cli.places import Stack, stacks
from infra.cli.pulumi import Pulumi
from infra.config import FileSource, TenantConfig
from infra.errors import ConfigError, InfraError

_STACK = "pulumi:pulumi:Stack"
_REFERENCE = "pulumi:pulumi:StackReference"
_OPTIONS = {"careplane:cellStack": "--to-cell", "careplane:placement": "--to-placement"}
_FIXED = (*_OPTIONS, "gcp:project", "gcp:region")


def of_place(pulumi: Pulumi, place: str) -> list[Stack]:
    """The stacks of a place; where a live tenant's file asks for a move, that is what the error says."""
    try:
        return stacks(place, pulumi.stacks)
    except InfraError as error:
        for moved in _moved(pulumi, place, error):
            raise moved from error
        raise


def check(stack: Stack, exported: Mapping[str, Any]) -> None:
    """Refuse another placement, cell, project or region than the live tenant has."""
    config = stack.config
    if isinstance(config, TenantConfig):
        given = (config.cell_stack, config.placement, config.project, config.region)
        asked = dict(zip(_FIXED, given, strict=True))
        if error := _differs(stack.path, config.place, config.tenant, asked, exported):
            raise error


def _moved(pulumi: Pulumi, place: str, error: InfraError) -> Iterator[ConfigError]:
    """What `check` would say of the files that the error is about, as far as they can be read."""
    try:
        known = pulumi.known()
    except (CliError, OSError):
        return
    files = sorted(pulumi.stacks.glob(f"Pulumi.{place}-tenant-*.yaml"))
    named = [path for path in files if str(error).startswith(f"{path.name}: ")]
    for path in named or files:
        try:
            source = FileSource(path)
            exported = pulumi.export(source.stack) if source.stack in known else {}
        except (CliError, InfraError):
            continue
        asked = {key: source.get(key) for key in _FIXED}
        if found := _differs(path, place, str(source.get("careplane:tenant")), asked, exported):
            yield found


def _differs(
    path: Path, place: str, tenant: str, asked: Mapping[str, Any], exported: Mapping[str, Any]
) -> ConfigError | None:
    """The first key whose value is not the live tenant's, with the command that plans what was wanted."""
    has = lives(exported)
    wrong = [key for key in _FIXED if has.get(key, asked[key]) != asked[key]]
    if not wrong:
        return None
    place = "" if place == "local" else f" --place {place}"
    options = [f"{_OPTIONS[key]} {asked[key]}" for key in wrong if key in _OPTIONS] or ["--to-cell STACK"]
    return ConfigError(
        f"{path.name}: {wrong[0]}",
        asked[wrong[0]],
        f"{has[wrong[0]]}, which the live tenant has (any other would replace its data); put it back, and "
        f"plan the migration with `python -m infra tenant move {tenant}{place} {' '.join(options)}`",
    )


def lives(exported: Mapping[str, Any]) -> dict[str, str]:
    """The keys that cannot change, as the live tenant has them; empty when nothing is there."""
    resources = (exported.get("deployment") or {}).get("resources") or []
    if not any(each.get("custom") and each["type"].startswith("gcp:") for each in resources):
        return {}
    outputs: dict[str, Any] = next(
        (each.get("outputs") or {} for each in resources if each["type"] == _STACK), {}
    )
    cells = [_referred(each) for each in resources if each["type"] == _REFERENCE and not _tenant(each)]
    region = next(iter(outputs.get("locations") or ()), None)
    found = {
        "careplane:cellStack": cells[0] if len(cells) == 1 else None,
        "careplane:placement": outputs.get("placement"),
        "gcp:project": outputs.get("project"),
        "gcp:region": region,
    }
    return {key: str(value) for key, value in found.items() if value}


def _referred(reference: Mapping[str, Any]) -> str:
    return str(reference["inputs"]["name"]).rsplit("/", 1)[-1]


def _tenant(reference: Mapping[str, Any]) -> bool:
    """Whether it is the stack of the tenant's other site."""
    return "tenant" in ((reference.get("outputs") or {}).get("outputs") or {})
