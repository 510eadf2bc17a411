"""The only reader of Pulumi configuration: one frozen dataclass a stack kind.

Values come from the engine (`EngineSource`) or from a stack file (`FileSource`), so that
`python -m infra` refuses a bad file before it starts the engine.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pulumi
import yaml

from infra import jurisdiction, profile
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction
from infra.profile import Profile

KINDS = ("organization", "foundation", "cell", "tenant")
PLACEMENTS = ("dedicated", "pooled")
_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")
_LABEL_RULE = "a DNS label of 1 to 20 characters: a-z, 0-9 and -, beginning with a letter, no - at the end"
"""20, because a service account `tenant-<name>` may have 30 characters."""


class Source(Protocol):
    """Configuration by full key (`careplane:kind`)."""

    stack: str

    def get(self, key: str) -> Any: ...

    def endpoints(self) -> Mapping[str, str]: ...


class EngineSource:
    """What the engine gives the running program."""

    def __init__(self) -> None:
        self.stack = pulumi.get_stack()

    def get(self, key: str) -> Any:
        namespace, name = key.split(":", 1)
        return pulumi.Config(namespace).get(name)

    def endpoints(self) -> Mapping[str, str]:
        return _endpoints(pulumi.runtime.config.CONFIG.get())


class FileSource:
    """What a `Pulumi.<stack>.yaml` says."""

    def __init__(self, path: Path) -> None:
        self.stack = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        document = yaml.safe_load(path.read_text()) or {}
        self._values: dict[str, Any] = document.get("config") or {}

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def endpoints(self) -> Mapping[str, str]:
        return _endpoints(self._values)


@dataclass(frozen=True)
class OrganizationConfig:
    """Once an organisation."""

    place: str
    organization: str
    project: str
    operators: tuple[str, ...]
    billing_account: str | None
    ci_issuer: str | None
    ci_condition: str | None
    protected: bool


@dataclass(frozen=True)
class FoundationConfig:
    """Once a jurisdiction."""

    place: str
    jurisdiction: Jurisdiction
    organization_stack: str
    audit_locked: bool
    protected: bool


@dataclass(frozen=True)
class CellConfig:
    """Once a site."""

    place: str
    site: str
    project: str
    region: str
    jurisdiction: Jurisdiction
    profile: Profile
    organization_stack: str
    foundation_stack: str
    dedicated_tenants: tuple[str, ...]
    perimeter: str
    audit_locked: bool
    billing_account: str | None
    protected: bool


@dataclass(frozen=True)
class TenantConfig:
    """Once a customer and site."""

    place: str
    tenant: str
    project: str
    region: str
    jurisdiction: Jurisdiction
    profile: Profile
    cell_stack: str
    placement: str
    image_tag: str
    instance: str | None
    domain: str | None
    encrypted_systems: tuple[str, ...]
    active: bool
    protected: bool


Config = OrganizationConfig | FoundationConfig | CellConfig | TenantConfig


def load(source: Source | None = None) -> Config:
    """Read and check the whole configuration of one stack."""
    source = source or EngineSource()
    kind = _choice(source, "careplane:kind", KINDS)
    _check_endpoints(source)
    readers: dict[str, Callable[[Source], Config]] = {
        "organization": _organization,
        "foundation": _foundation,
        "cell": _cell,
        "tenant": _tenant,
    }
    return readers[kind](source)


def _organization(source: Source) -> OrganizationConfig:
    number = str(_required(source, "careplane:organization", "the number of the organisation"))
    if not number.isdigit():
        raise ConfigError("careplane:organization", number, "the number of the organisation")
    issuer = source.get("careplane:ciIssuer")
    condition = source.get("careplane:ciCondition")
    if issuer and not condition:
        raise ConfigError("careplane:ciCondition", None, "a condition on the token's attributes (check 31)")
    return OrganizationConfig(
        _place(source),
        number,
        _project(source),
        _members(source),
        source.get("careplane:billingAccount"),
        issuer,
        condition,
        _protected(source),
    )


def _foundation(source: Source) -> FoundationConfig:
    return FoundationConfig(
        _place(source),
        _jurisdiction(source),
        _stack(source, "organization"),
        _audit_locked(source),
        _protected(source),
    )


def _cell(source: Source) -> CellConfig:
    area, chosen = _jurisdiction(source), _profile(source)
    tenants = tuple(
        _label("careplane:dedicatedTenants", name) for name in _list(source, "careplane:dedicatedTenants")
    )
    twice = next((name for name in tenants if tenants.count(name) > 1), None)
    if "cell" in tenants:
        raise ConfigError("careplane:dedicatedTenants", "cell", "any name but cell, which is the cell's own")
    if twice:
        raise ConfigError("careplane:dedicatedTenants", twice, "each tenant once")
    return CellConfig(
        _place(source),
        _label("careplane:site", source.get("careplane:site")),
        _project(source),
        _region(source, area),
        area,
        chosen,
        _stack(source, "organization"),
        _stack(source, "foundation"),
        tenants,
        _choice(source, "careplane:perimeter", ("dry-run", "enforced"), "dry-run"),
        _audit_locked(source),
        source.get("careplane:billingAccount"),
        _protected(source),
    )


def _tenant(source: Source) -> TenantConfig:
    area, chosen = _jurisdiction(source), _profile(source)
    place = _place(source)
    name = _label("careplane:tenant", source.get("careplane:tenant"))
    if source.stack not in (f"{place}-tenant-{name}", f"{place}-tenant-{name}-2"):
        raise ConfigError("careplane:tenant", name, f"the name that stack {source.stack!r} ends in")
    return TenantConfig(
        place,
        name,
        _project(source),
        _region(source, area),
        area,
        chosen,
        _stack(source, "cell"),
        _choice(source, "careplane:placement", chosen.placements),
        str(source.get("careplane:imageTag") or "latest"),
        source.get("careplane:instance"),
        source.get("careplane:domain"),
        tuple(_list(source, "careplane:encryptedSystems")) or ("http://hl7.org/fhir/sid/us-ssn",),
        _flag(source, "careplane:active", True),
        _protected(source),
    )


def _endpoints(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items() if re.fullmatch(r"gcp:\w+CustomEndpoint", key)}


def _check_endpoints(source: Source) -> None:
    """A local place reaches nothing but this machine."""
    if _place(source) != "local":
        return
    allowed = "an address on loopback such as http://127.0.0.1:17006/v1/"
    for key, url in source.endpoints().items():
        if not _is_loopback(urlsplit(url).hostname or ""):
            raise ConfigError(key, url, allowed)
    if not source.endpoints():
        raise ConfigError("gcp:<api>CustomEndpoint", None, allowed)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _required(source: Source, key: str, allowed: str) -> Any:
    value = source.get(key)
    if value is None or value == "":
        raise ConfigError(key, value, allowed)
    return value


def _choice(source: Source, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    value = source.get(key)
    value = default if value is None else value
    if value not in allowed:
        raise ConfigError(key, value, allowed)
    return str(value)


def _flag(source: Source, key: str, default: bool) -> bool:
    value = str(source.get(key) if source.get(key) is not None else default).lower()
    if value not in ("true", "false"):
        raise ConfigError(key, source.get(key), ("true", "false"))
    return value == "true"


def _list(source: Source, key: str) -> list[str]:
    value = source.get(key)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise ConfigError(key, value, "a list of strings") from error
    if not isinstance(value or [], list) or not all(isinstance(item, str) for item in value or []):
        raise ConfigError(key, value, "a list of strings")
    return list(value or [])


def _label(key: str, value: object) -> str:
    if not isinstance(value, str) or not _LABEL.fullmatch(value) or "--" in value:
        raise ConfigError(key, value, _LABEL_RULE)
    return value


def tenant_name(value: str) -> str:
    """A usable tenant name, or a ConfigError."""
    return _label("careplane:tenant", value)


def _place(source: Source) -> str:
    return _label("careplane:place", source.get("careplane:place"))


def _project(source: Source) -> str:
    value = _required(source, "gcp:project", "a project id")
    if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", str(value)):
        raise ConfigError(
            "gcp:project", value, "a project id: 6 to 30 of a-z, 0-9 and -, beginning with a letter"
        )
    return str(value)


def _region(source: Source, area: Jurisdiction) -> str:
    value = str(_required(source, "gcp:region", area.locations[0]))
    return area.require(value, "gcp:region")


def _jurisdiction(source: Source) -> Jurisdiction:
    return jurisdiction.jurisdiction(source.get("careplane:jurisdiction"))


def _profile(source: Source) -> Profile:
    chosen = profile.load(source.get("careplane:profile"))
    if _jurisdiction(source).name not in chosen.jurisdictions:
        raise ConfigError("careplane:jurisdiction", _jurisdiction(source).name, chosen.jurisdictions)
    return chosen


def _stack(source: Source, kind: str) -> str:
    key = f"careplane:{kind}Stack"
    return str(_required(source, key, f"the name of the {kind} stack, such as {_place(source)}-{kind}"))


def _members(source: Source) -> tuple[str, ...]:
    members = _list(source, "careplane:operators")
    for member in members:
        if not re.fullmatch(r"(user|serviceAccount):[^\s@]+@[^\s@]+", member):
            raise ConfigError("careplane:operators", member, "user:… or serviceAccount:…, no group")
    return tuple(members)


def _audit_locked(source: Source) -> bool:
    return _flag(source, "careplane:auditLocked", True)


def _protected(source: Source) -> bool:
    return not _flag(source, "careplane:decommission", False)
