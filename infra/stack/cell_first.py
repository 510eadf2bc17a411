"""What the first site of a cell makes for all of its sites: projects, network, perimeter, administrator."""

from __future__ import annotations

from infra.config import CellConfig
from infra.identity.account import Account, AccountArgs, project_grant
from infra.network.dns import DnsArgs, RestrictedDns
from infra.network.exceptions import EgressException
from infra.network.network import Network, NetworkArgs
from infra.network.queries import QueryLogging, QueryLoggingArgs
from infra.network.shared import SharedArgs, SharedNetwork
from infra.organization.project import Project, ProjectArgs
from infra.perimeter.perimeter import Perimeter, PerimeterArgs
from infra.perimeter.rules import EgressRule, IngressRule
from infra.site import Site
from infra.stack import services
from infra.stack.housing import Administrator, Housing
from infra.stack.perimeter_rules import rules
from infra.stack.upstream import Upstream

DATABASE_LOGIN = "roles/cloudsql.instanceUser"


def build(config: CellConfig) -> Housing:
    foundation = Upstream(config.foundation_stack)
    home = _project(
        config,
        foundation,
        config.project,
        services.of_cell(config),
        services.agents_of_cell(config),
        config.audit_locked,
    )
    admission = config.delivery is not None
    guests = {
        tenant: _project(
            config,
            foundation,
            guest_project(config.project, tenant),
            services.of_tenant(config.profile, analytics=config.analytics),
            services.agents_of_tenant(config.profile, admission=admission, analytics=config.analytics),
        )
        for tenant in config.dedicated_tenants
    }
    network = _network(config, home, guests)
    administrator = _administrator(home, guests)
    return Housing(
        home,
        guests,
        network.network.id,
        network.subnetwork.id,
        Administrator(administrator.email, administrator.database_user),
        _perimeter(config, foundation, home, guests).name,
        (network.private_services,),
    )


def guest_project(cell: str, tenant: str) -> str:
    """A dedicated tenant's project: beside the cell's, so `careplane-cell` gives `careplane-riverside`."""
    return f"{cell.rsplit('-', 1)[0]}-{tenant}"


def _project(
    config: CellConfig,
    foundation: Upstream,
    project: str,
    wanted: tuple[str, ...],
    agents: tuple[str, ...],
    retained: bool = False,
) -> Project:
    return Project(
        project,
        ProjectArgs(
            project,
            wanted,
            agents,
            folder=foundation.text("folder"),
            billing_account=config.billing_account,
            protected=config.protected,
            retained=retained,
        ),
    )


def _network(config: CellConfig, home: Project, guests: dict[str, Project]) -> Network:
    site = Site(home.project, config.region, config.jurisdiction, config.protected, {"cell": config.site})
    ready = tuple(home.ready)
    exceptions = tuple(
        EgressException(
            each["name"], tuple(each["ranges"]), tuple(map(str, each["ports"])), str(each["reason"])
        )
        for each in config.egress_exceptions
    )
    network = Network(
        "network", NetworkArgs(site, "cell", config.subnet, depends_on=ready, exceptions=exceptions)
    )
    RestrictedDns("dns", DnsArgs(site, network.network.id, ready))
    QueryLogging("dns-queries", QueryLoggingArgs(site, network.network.id, depends_on=ready))
    if guests:
        SharedNetwork("shared", SharedArgs(site, network.subnetwork.name, guests, ready))
    return network


def _administrator(home: Project, guests: dict[str, Project]) -> Account:
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
    return administrator


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
            ingress=rules(IngressRule, config.perimeter_ingress),
            egress=rules(EgressRule, config.perimeter_egress),
        ),
    )
