"""Once a site: projects, network, perimeter, shared keys, the pooled database, the audit trail."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.audit.bucket import AuditBucket, AuditBucketArgs
from infra.audit.project import ProjectAudit, ProjectAuditArgs
from infra.config import CellConfig
from infra.identity.account import Account, AccountArgs, project_grant
from infra.kms.grants import GrantArgs, KeyGrants
from infra.kms.ring import Ring, RingArgs
from infra.network.dns import DnsArgs, RestrictedDns
from infra.network.network import Network, NetworkArgs
from infra.network.shared import SharedArgs, SharedNetwork
from infra.organization.project import Project, ProjectArgs
from infra.perimeter.perimeter import Perimeter, PerimeterArgs
from infra.registry.registry import Registry, RegistryArgs
from infra.site import Site
from infra.sql.instance import Instance, InstanceArgs
from infra.stack.home import CELL
from infra.stack.upstream import Upstream

TENANT_SERVICES = (
    "cloudkms",
    "compute",
    "healthcare",
    "iam",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "secretmanager",
    "servicenetworking",
    "sqladmin",
    "storage",
)
CELL_SERVICES = (*TENANT_SERVICES, "artifactregistry", "dns")
TENANT_AGENTS = ("healthcare", "pubsub", "run", "secretmanager", "sqladmin", "storage")
CELL_AGENTS = (*TENANT_AGENTS, "artifactregistry", "logging")
DATABASE_LOGIN = "roles/cloudsql.instanceUser"


def build(config: CellConfig) -> dict[str, Any]:
    foundation = Upstream(config.foundation_stack)
    home = _project(config, foundation, config.project, CELL_SERVICES, CELL_AGENTS, config.audit_locked)
    guests = {
        tenant: _project(config, foundation, _guest(config, tenant), TENANT_SERVICES, TENANT_AGENTS)
        for tenant in config.dedicated_tenants
    }
    site = Site(home.project, config.region, config.jurisdiction, config.protected, {"cell": config.site})
    network = _network(site, home, guests)
    ring, grants = _keys(config, site, home, guests)
    administrator = Account(
        "sql-admin",
        AccountArgs(
            home.project, "sql-admin", "Grants tenants their databases", (DATABASE_LOGIN,), tuple(home.ready)
        ),
    )
    for tenant, guest in guests.items():
        project_grant(
            f"sql-admin-{tenant}", guest.project, DATABASE_LOGIN, administrator.member, administrator
        )
    pooled = _pooled(config, site, network, ring, administrator, grants)
    agents = {CELL: home.agents["run"]} | {tenant: guest.agents["run"] for tenant, guest in guests.items()}
    registry = Registry(
        "registry",
        RegistryArgs(site, "careplane", ring.keys["data"].id, agents, tuple(grants["data"].grants.values())),
    )
    _audit(config, site, home, guests, ring, grants)
    perimeter = _perimeter(config, foundation, home, guests)
    return {
        "site": config.site,
        "region": config.region,
        "jurisdiction": config.jurisdiction.name,
        "profile": config.profile.name,
        "project": home.project,
        "projects": {CELL: _described(home)}
        | {tenant: _described(guest) for tenant, guest in guests.items()},
        "network": network.network.id,
        "subnetwork": network.subnetwork.id,
        "keys": {name: key.id for name, key in ring.keys.items()},
        "image": pulumi.Output.concat(registry.prefix, "/runtime"),
        "sqlAdministrator": {"email": administrator.email, "user": administrator.database_user},
        "pooled": pooled,
        "perimeter": perimeter.name,
        "roles": Upstream(config.organization_stack).output("roles"),
    }


def _guest(config: CellConfig, tenant: str) -> str:
    """A dedicated tenant's project: beside the cell's, so `careplane-cell` gives `careplane-riverside`."""
    return f"{config.project.rsplit('-', 1)[0]}-{tenant}"


def _project(
    config: CellConfig,
    foundation: Upstream,
    project: str,
    services: tuple[str, ...],
    agents: tuple[str, ...],
    retained: bool = False,
) -> Project:
    return Project(
        project,
        ProjectArgs(
            project,
            services,
            agents,
            folder=foundation.text("folder"),
            billing_account=config.billing_account,
            protected=config.protected,
            retained=retained,
        ),
    )


def _described(project: Project) -> dict[str, Any]:
    return {"project": project.project, "number": project.number, "agents": project.agents}


def _network(site: Site, home: Project, guests: dict[str, Project]) -> Network:
    network = Network("network", NetworkArgs(site, "cell", depends_on=tuple(home.ready)))
    RestrictedDns("dns", DnsArgs(site, network.network.id, tuple(home.ready)))
    if guests:
        SharedNetwork("shared", SharedArgs(site, network.subnetwork.name, guests, tuple(home.ready)))
    return network


def _keys(
    config: CellConfig, site: Site, home: Project, guests: dict[str, Project]
) -> tuple[Ring, dict[str, KeyGrants]]:
    """`data` for what tenants share, `audit` for what outlives them, `evidence` to sign what is certified."""
    ring = Ring(
        "cell",
        RingArgs(
            site,
            "cell",
            {"data": "ENCRYPT_DECRYPT", "audit": "ENCRYPT_DECRYPT", "evidence": "ASYMMETRIC_SIGN"},
            config.profile.protection_level,
            ("audit", "evidence"),
            tuple(home.ready),
        ),
    )
    users = {name: home.agents[name] for name in ("artifactregistry", "run", "sqladmin")}
    keepers = {name: home.agents[name] for name in ("healthcare", "logging", "pubsub")}
    keepers |= {f"pubsub-{tenant}": guest.agents["pubsub"] for tenant, guest in guests.items()}
    return ring, {
        "data": KeyGrants("cell-data", GrantArgs(ring.keys["data"].id, users)),
        "audit": KeyGrants("cell-audit", GrantArgs(ring.keys["audit"].id, keepers, retained=True)),
    }


def _pooled(
    config: CellConfig,
    site: Site,
    network: Network,
    ring: Ring,
    administrator: Account,
    grants: dict[str, KeyGrants],
) -> dict[str, Any] | None:
    if "pooled" not in config.profile.placements:
        return None
    instance = Instance(
        "pooled",
        InstanceArgs(
            site,
            "pooled",
            network.network.id,
            ring.keys["data"].id,
            administrator.database_user,
            config.profile,
            config.jurisdiction.partner(config.region),
            (network.private_services, *grants["data"].grants.values()),
        ),
    )
    return {"instance": instance.name, "host": instance.host, "certificates": instance.certificates}


def _audit(
    config: CellConfig,
    site: Site,
    home: Project,
    guests: dict[str, Project],
    ring: Ring,
    grants: dict[str, KeyGrants],
) -> None:
    bucket = AuditBucket(
        "audit",
        AuditBucketArgs(
            site, ring.keys["audit"].id, config.audit_locked, tuple(grants["audit"].grants.values())
        ),
    )
    for name, project in {CELL: home, **guests}.items():
        ProjectAudit(
            f"audit-{name}", ProjectAuditArgs(project.project, bucket.id, home.project, tuple(project.ready))
        )


def _perimeter(
    config: CellConfig, foundation: Upstream, home: Project, guests: dict[str, Project]
) -> Perimeter:
    return Perimeter(
        "perimeter",
        PerimeterArgs(
            foundation.text("accessPolicy"),
            f"{config.place}_{config.site}".replace("-", "_"),
            [home.number, *(guest.number for guest in guests.values())],
            [foundation.text("operatorsLevel")],
            config.perimeter == "enforced",
        ),
    )
