"""What may not change about a tenant that is live: the engine would replace all that it has.

Checked before the engine starts, from the stack's exported state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.cli.places import Stack
from infra.config import TenantConfig
from infra.errors import ConfigError

_STACK = "pulumi:pulumi:Stack"
_REFERENCE = "pulumi:pulumi:StackReference"


def check(stack: Stack, exported: Mapping[str, Any]) -> None:
    """Refuse another placement, cell, project or region than the live tenant has."""
    config = stack.config
    found = lives(exported)
    if not isinstance(config, TenantConfig) or not found:
        return
    for key, given in (
        ("careplane:cellStack", config.cell_stack),
        ("careplane:placement", config.placement),
        ("gcp:project", config.project),
        ("gcp:region", config.region),
    ):
        has = found.get(key)
        if has and has != given:
            to = "--to-placement" if key == "careplane:placement" else "--to-cell"
            target = given if key in ("careplane:placement", "careplane:cellStack") else config.cell_stack
            raise ConfigError(
                f"{stack.path.name}: {key}",
                given,
                f"{has}, which the live tenant has (any other would replace its data); plan the migration "
                f"with `python -m infra tenant move {config.tenant} {to} {target}`",
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
