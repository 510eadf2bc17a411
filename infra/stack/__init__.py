"""The four kinds of stack; only the chosen one's modules are loaded."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from infra.config import CellConfig, Config, FoundationConfig, OrganizationConfig, TenantConfig

_MODULES: dict[type, str] = {
    OrganizationConfig: "organization",
    FoundationConfig: "foundation",
    CellConfig: "cell",
    TenantConfig: "tenant",
}


def build(config: Config) -> dict[str, Any]:
    """Declare every resource of the stack and return its outputs by name, its `kind` among them."""
    kind = _MODULES[type(config)]
    outputs: dict[str, Any] = import_module(f"infra.stack.{kind}").build(config)
    return {"kind": kind, **outputs}
