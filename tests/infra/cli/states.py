"""Exported states, small."""

from __future__ import annotations

from typing import Any

STACK = "pulumi:pulumi:Stack"


def resource(
    kind: str,
    name: str,
    inputs: dict[str, Any] | None = None,
    parent: str | None = None,
    stack: str = "s",
    **more: Any,
) -> dict[str, Any]:
    """One resource; a component where the type is not Google's."""
    custom = kind.startswith("gcp:")
    path = f"{parent.split('::')[2]}${kind}" if parent and STACK not in parent else kind
    found = {
        "urn": f"urn:pulumi:{stack}::careplane::{path}::{name}",
        "type": kind,
        "custom": custom,
        "inputs": inputs or {},
        "outputs": inputs or {},
        **({"id": name} if custom else {}),
        **({"parent": parent} if parent else {}),
        **more,
    }
    return found


def exported(
    *resources: dict[str, Any], outputs: dict[str, Any] | None = None, stack: str = "s"
) -> dict[str, Any]:
    root = resource(STACK, f"careplane-{stack}", stack=stack, **{"outputs": outputs or {}})
    return {"version": 3, "deployment": {"resources": [root, *resources]}}


def reference(name: str, outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    full = f"organization/careplane/{name}"
    return {
        "urn": f"urn:pulumi:s::careplane::pulumi:pulumi:StackReference::{full}",
        "type": "pulumi:pulumi:StackReference",
        "custom": True,
        "id": full,
        "inputs": {"name": full},
        "outputs": {"name": full, "outputs": outputs or {}},
    }
