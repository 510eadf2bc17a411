"""The only reader of Pulumi configuration: one frozen dataclass a stack kind.

Values come from the engine (`EngineSource`) or from a stack file (`FileSource`), so that
`python -m infra` refuses a bad file before it starts the engine.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from infra.config import cell, common, foundation, organization, tenant, values
from infra.config.cell import CellConfig
from infra.config.foundation import FoundationConfig
from infra.config.organization import OrganizationConfig
from infra.config.source import Asked, EngineSource, FileSource, Source
from infra.config.tenant import PLACEMENTS, SECOND, TenantConfig, tenant_name
from infra.errors import ConfigError

KINDS = ("organization", "foundation", "cell", "tenant")

Config = OrganizationConfig | FoundationConfig | CellConfig | TenantConfig

_READERS: dict[str, Callable[[Source], Config]] = {
    "organization": organization.read,
    "foundation": foundation.read,
    "cell": cell.read,
    "tenant": tenant.read,
}

__all__ = [
    "CellConfig",
    "Config",
    "EngineSource",
    "FileSource",
    "FoundationConfig",
    "KINDS",
    "OrganizationConfig",
    "PLACEMENTS",
    "SECOND",
    "Source",
    "TenantConfig",
    "load",
    "tenant_name",
]


def load(source: Source | None = None) -> Config:
    """Read and check the whole configuration of one stack."""
    source = Asked(source or EngineSource())
    kind = values.choice(source, "careplane:kind", KINDS)
    _check_endpoints(source)
    _check_quota_project(source)
    found = _READERS[kind](source)
    for key in source.unknown():
        near = difflib.get_close_matches(key, source.asked, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError(
            key, source.get(key), f"a key that a {kind} stack with this configuration has{hint}"
        )
    return found


def _check_endpoints(source: Source) -> None:
    """A local place reaches nothing but this machine."""
    if common.place(source) != "local":
        return
    allowed = "an address on loopback such as http://127.0.0.1:17006/v1/"
    for key, url in source.endpoints().items():
        if not values.is_loopback(url):
            raise ConfigError(key, url, allowed)
    if not source.endpoints():
        raise ConfigError("gcp:<api>CustomEndpoint", None, allowed)


def _check_quota_project(source: Source) -> None:
    """Whose quota a call counts against; the provider takes any other word for one of the two in silence."""
    key = "gcp:userProjectOverride"
    given = source.get(key)
    if given not in (None, "true", "false") and not isinstance(given, bool):
        raise ConfigError(key, given, ("true", "false"))
