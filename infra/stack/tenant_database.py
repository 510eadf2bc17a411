"""A tenant's database: on an instance of its own, on the cell's pooled one, or at a second site a copy."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.config import TenantConfig
from infra.site import Site
from infra.sql.database import DatabaseArgs, TenantDatabase
from infra.sql.instance import Instance, InstanceArgs
from infra.sql.replica import Replica, ReplicaArgs
from infra.stack.home import Home
from infra.stack.tenant_identity import Identity
from infra.stack.tenant_keys import Keys
from infra.stack.upstream import Upstream


@dataclass(frozen=True)
class TenantInstance:
    name: pulumi.Output[str]
    host: pulumi.Output[str]
    certificates: pulumi.Output[str]
    database: pulumi.Output[str]
    ready: tuple[pulumi.Resource, ...]


def instance(
    config: TenantConfig, site: Site, home: Home, keys: Keys, identity: Identity, first: Upstream | None
) -> TenantInstance:
    if config.placement == "dedicated":
        name, host, certificates, ready = (
            _copy(config, site, home, keys, first) if first else _own(config, site, home, keys)
        )
    else:
        name, host, certificates, ready = _pooled(home)
    if first is not None:
        # Databases and users come with the copy.
        return TenantInstance(name, host, certificates, first.text("database"), ready)
    database = TenantDatabase("database", DatabaseArgs(site, name, config.tenant, identity.database_user))
    return TenantInstance(name, host, certificates, database.name, (*ready, database))


_Parts = tuple[pulumi.Output[str], pulumi.Output[str], pulumi.Output[str], tuple[pulumi.Resource, ...]]


def _own(config: TenantConfig, site: Site, home: Home, keys: Keys) -> _Parts:
    """`careplane:instance` names the generation that serves: a restored one is always new."""
    own = Instance(
        "instance",
        InstanceArgs(
            site,
            config.instance or config.tenant,
            home.text("network"),
            keys.clinical,
            home.part("sqlAdministrator", "user"),
            config.profile,
            config.jurisdiction.partner(config.region),
            keys.ready,
            recovery=config.recovery_instance,
            follows=config.follows,
        ),
    )
    return own.name, own.host, own.certificates, (own,)


def _copy(config: TenantConfig, site: Site, home: Home, keys: Keys, first: Upstream) -> _Parts:
    """Under this region's key; promotion is `careplane:promoted`, and previews as an update."""
    copy = Replica(
        "instance",
        ReplicaArgs(
            site,
            config.instance or f"{config.tenant}{config.suffix}",
            first.text("sqlInstance"),
            config.paired_region or "",
            home.text("network"),
            keys.clinical,
            config.profile,
            config.jurisdiction.partner(config.region),
            config.promoted,
            depends_on=keys.ready,
        ),
    )
    return copy.name, copy.host, copy.certificates, (copy,)


def _pooled(home: Home) -> _Parts:
    return (
        home.part("pooled", "instance"),
        home.part("pooled", "host"),
        home.part("pooled", "certificates"),
        (),
    )
