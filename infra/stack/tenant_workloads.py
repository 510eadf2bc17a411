"""A tenant's jobs and service, in the order in which they must have run: grants, migration, service."""

from __future__ import annotations

from dataclasses import replace

import pulumi

from infra.config import TenantConfig
from infra.identity.account import Account
from infra.run.args import WorkloadArgs
from infra.run.job import Job, JobArgs
from infra.run.service import Service, ServiceArgs
from infra.site import Site
from infra.stack.home import Home
from infra.stack.tenant_database import TenantInstance


class Workloads:
    """The grants job runs in the cell's project as the cell's administrator, all else as the tenant."""

    def __init__(
        self,
        config: TenantConfig,
        site: Site,
        home: Home,
        account: Account,
        database: TenantInstance,
        key: pulumi.Input[str],
        environment: dict[str, pulumi.Input[str]],
        ready: tuple[pulumi.Resource, ...],
    ) -> None:
        name = config.tenant
        image = pulumi.Output.concat(home.text("image"), ":", config.image_tag)
        connection: dict[str, pulumi.Input[str]] = {
            "CAREPLANE_DATABASE": database.database,
            "CAREPLANE_DATABASE_CA": database.certificates,
            "CAREPLANE_DATABASE_HOST": database.host,
            "CAREPLANE_DATABASE_USER": account.database_user,
        }
        grants = Job(
            "grants",
            JobArgs(
                WorkloadArgs(
                    replace(site, project=home.text("project")),
                    image,
                    home.part("sqlAdministrator", "email"),
                    home.part("keys", "data"),
                    home.text("network"),
                    home.text("subnetwork"),
                    {**connection, "CAREPLANE_ADMIN_USER": home.part("sqlAdministrator", "user")},
                    database.ready,
                ),
                f"{name}-grants",
                ("grants",),
                (image, database.host, account.database_user),
            ),
        )
        workload = WorkloadArgs(
            site,
            image,
            account.email,
            key,
            home.text("network"),
            home.text("subnetwork"),
            {**_identity(config), **connection, **environment},
            (*ready, grants),
        )
        migrate = Job(
            "migrate",
            JobArgs(workload, f"{name}-migrate", ("migrate",), (image, database.host, database.database)),
        )
        admin = Job("admin", JobArgs(workload, f"{name}-admin", ("client", "list")))
        service = Service(
            "service",
            ServiceArgs(
                replace(workload, depends_on=(*ready, migrate)),
                name,
                account.member,
                config.profile.min_instances,
                config.profile.max_instances,
            ),
        )
        self.uri = service.uri
        self.jobs = {"grants": grants.name, "migrate": migrate.name, "admin": admin.name}


def _identity(config: TenantConfig) -> dict[str, pulumi.Input[str]]:
    values: dict[str, pulumi.Input[str]] = {
        "CAREPLANE_ENCRYPTED_SYSTEMS": ",".join(config.encrypted_systems),
        "CAREPLANE_LOCATION": config.region,
        "CAREPLANE_PROFILE": config.profile.name,
        "CAREPLANE_PROJECT": config.project,
        "CAREPLANE_TENANT": config.tenant,
    }
    if config.domain:
        values["CAREPLANE_BASE_URL"] = f"https://{config.tenant}.{config.domain}"
    return values
