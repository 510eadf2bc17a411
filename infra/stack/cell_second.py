"""What the second site of a cell adds to the first's projects and network: a subnetwork in its region."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.config import CellConfig
from infra.errors import ConfigError
from infra.recovery.subnet import SecondSubnet, SecondSubnetArgs
from infra.site import Site
from infra.stack import services
from infra.stack.home import CELL
from infra.stack.housing import Administrator, Housing, SharedProject
from infra.stack.upstream import Upstream


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
    known = found["agents"].apply(lambda given: _require(name, given, agents))
    return SharedProject(found["project"], found["number"], {agent: known[agent] for agent in agents}, [])


def _require(project: str, known: dict[str, str], agents: tuple[str, ...]) -> dict[str, str]:
    """What this site asks for and the first has no service for, such as a cache."""
    missing = [agent for agent in agents if agent not in known]
    if missing:
        raise ConfigError(f"services of project {project}", missing, f"the first site's: {', '.join(known)}")
    return known
