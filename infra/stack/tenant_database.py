"""A tenant's database: on an instance of its own, or on the cell's pooled one."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.config import TenantConfig
from infra.identity.account import Account
from infra.site import Site
from infra.sql.database import DatabaseArgs, TenantDatabase
from infra.sql.instance import Instance, InstanceArgs
from infra.stack.home import Home


@dataclass(frozen=True)
class TenantInstance:
    name: pulumi.Output[str]
    host: pulumi.Output[str]
    certificates: pulumi.Output[str]
    database: pulumi.Output[str]
    ready: tuple[pulumi.Resource, ...]


def instance(
    config: TenantConfig,
    site: Site,
    home: Home,
    key: pulumi.Input[str],
    account: Account,
    granted: tuple[pulumi.Resource, ...],
) -> TenantInstance:
    name, host, certificates, ready = (
        _own(config, site, home, key, granted) if config.placement == "dedicated" else _pooled(home)
    )
    database = TenantDatabase("database", DatabaseArgs(site, name, config.tenant, account.database_user))
    return TenantInstance(name, host, certificates, database.name, (*ready, database))


_Parts = tuple[pulumi.Output[str], pulumi.Output[str], pulumi.Output[str], tuple[pulumi.Resource, ...]]


def _own(
    config: TenantConfig, site: Site, home: Home, key: pulumi.Input[str], granted: tuple[pulumi.Resource, ...]
) -> _Parts:
    """`careplane:instance` names the generation that serves: a restored one is always new."""
    own = Instance(
        "instance",
        InstanceArgs(
            site,
            config.instance or config.tenant,
            home.text("network"),
            key,
            home.part("sqlAdministrator", "user"),
            config.profile,
            config.jurisdiction.partner(config.region),
            granted,
        ),
    )
    return own.name, own.host, own.certificates, (own,)


def _pooled(home: Home) -> _Parts:
    return (
        home.part("pooled", "instance"),
        home.part("pooled", "host"),
        home.part("pooled", "certificates"),
        (),
    )
