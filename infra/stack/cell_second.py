"""What the second site of a cell adds to the first's projects and network: a subnetwork in its region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi

from infra.config import CellConfig
from infra.recovery.subnet import SecondSubnet, SecondSubnetArgs
from infra.site import Site
from infra.stack import services
from infra.stack.home import CELL
from infra.stack.housing import Administrator, Housing, SharedProject
from infra.stack.upstream import Upstream, pick


def build(config: CellConfig, first: Upstream) -> Housing:
    home = _project(first, CELL, services.agents_of_cell(config))
    agents = services.agents_of_tenant(config.profile, analytics=config.analytics)
    guests = {tenant: _project(first, tenant, agents) for tenant in config.dedicated_tenants}
    site = Site(home.project, config.region, config.jurisdiction, config.protected, {"cell": config.site})
    subnet = SecondSubnet(
        "network",
        SecondSubnetArgs(
            site,
            first.text("network"),
            config.subnet,
            {tenant: guest.agents["run"] for tenant, guest in guests.items()},
        ),
    )
    administrator = first.output("sqlAdministrator")
    return Housing(
        home,
        guests,
        first.text("network"),
        subnet.id,
        Administrator(administrator["email"], administrator["user"]),
        first.text("perimeter"),
    )


def _project(first: Upstream, name: str, agents: tuple[str, ...]) -> SharedProject:
    found: pulumi.Output[dict[str, Any]] = first.entry("projects", name)
    known = {agent: found["agents"].apply(_picker(agent, name)) for agent in agents}
    return SharedProject(found["project"], found["number"], known, [])


def _picker(agent: str, project: str) -> Callable[[dict[str, str]], str]:
    """The first site may have no service for what this one asks for, such as a cache."""
    return lambda known: str(pick(known, agent, f"the service agents of the first site's project {project}"))
