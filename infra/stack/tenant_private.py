"""Profile `private`: records in the tenant's own instance, the audit trail on the cell's."""

from __future__ import annotations

from dataclasses import replace

import pulumi
from pulumi_gcp import projects

from infra.config import TenantConfig
from infra.site import Site
from infra.sql.database import DatabaseArgs, TenantDatabase
from infra.sql.users import LOGIN
from infra.stack.home import Home
from infra.stack.tenant_database import TenantInstance
from infra.stack.tenant_identity import Identity
from infra.stack.tenant_messages import Messages
from infra.stack.tenant_stores import Stores


def stores(
    config: TenantConfig,
    site: Site,
    home: Home,
    identity: Identity,
    messages: Messages,
    database: TenantInstance,
) -> Stores:
    """The audit database lies on the cell's instance, under the cell's key, where no restore touches it.

    It outlives the tenant, as the audit store of the Healthcare API does.
    """
    shared = replace(site, project=home.text("project"))
    trail = TenantDatabase(
        "audit-database",
        DatabaseArgs(
            shared,
            home.part("auditDatabase", "instance"),
            f"{config.tenant}-audit",
            identity.database_user,
            retained=True,
        ),
    )
    environment: dict[str, pulumi.Input[str]] = {
        "CAREPLANE_AUDIT_DATABASE": trail.name,
        "CAREPLANE_AUDIT_DATABASE_CA": home.part("auditDatabase", "certificates"),
        "CAREPLANE_AUDIT_DATABASE_HOST": home.part("auditDatabase", "host"),
        "CAREPLANE_FHIR_TOPIC": messages.changes,
    }
    return Stores(
        _named(config.project, database.name, database.database),
        "",
        _named(home.text("project"), home.part("auditDatabase", "instance"), trail.name),
        environment,
        (trail, _login(shared.project, home.part("auditDatabase", "instance"), identity, trail)),
    )


def _login(
    project: pulumi.Input[str], instance: pulumi.Output[str], identity: Identity, trail: TenantDatabase
) -> projects.IAMMember:
    """The tenant's identity logs in on the cell's instance of trails, and on no other there."""
    service = 'resource.service == "sqladmin.googleapis.com"'
    name = pulumi.Output.concat("projects/", project, "/instances/", instance)
    return projects.IAMMember(
        "audit-login",
        project=project,
        role=LOGIN,
        member=identity.member,
        condition={
            "title": "this instance only",
            "expression": pulumi.Output.concat(service, ' && resource.name == "', name, '"'),
        },
        opts=pulumi.ResourceOptions(parent=trail),
    )


def _named(
    project: pulumi.Input[str], instance: pulumi.Output[str], database: pulumi.Output[str]
) -> pulumi.Output[str]:
    return pulumi.Output.concat("projects/", project, "/instances/", instance, "/databases/", database)
