"""What the rules may know about a stack, from its configuration or its exported state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from policies.errors import PolicyError
from policies.resource import Context

_JURISDICTIONS = Path(__file__).resolve().parent.parent / "stacks" / "jurisdictions.yaml"


def locations(jurisdiction: str) -> frozenset[str]:
    """Lower-case locations of a jurisdiction of `stacks/jurisdictions.yaml`."""
    known: dict[str, dict[str, list[str]]] = yaml.safe_load(_JURISDICTIONS.read_text())
    if jurisdiction not in known:
        raise PolicyError(f"jurisdiction: {jurisdiction!r} is unknown; allowed: {', '.join(sorted(known))}")
    return frozenset(known[jurisdiction]["locations"])


def context(settings: Mapping[str, Any]) -> Context:
    """From `careplane:*` configuration, or from the outputs of a stack, which repeat it."""
    jurisdiction = settings.get("jurisdiction")
    return Context(
        profile=str(settings.get("profile") or "saas"),
        locations=locations(str(jurisdiction)) if jurisdiction else None,
        decommission=str(settings.get("decommission", "false")).lower() == "true",
        settings=settings,
    )
