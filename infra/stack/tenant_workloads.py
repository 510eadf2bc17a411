"""A tenant's jobs and service, in the order in which they must have run: grants, migration, service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pulumi

from infra.config import TenantConfig
from infra.run.args import DEFAULT_POLICY, WorkloadArgs
from infra.run.job import Job, JobArgs
from infra.run.service import Service, ServiceArgs
from infra.run.traffic import Share
from infra.site import Site
from infra.stack.home import Home
from infra.stack.tenant_database import TenantInstance
from infra.stack.tenant_identity import Identity

Environment = Mapping[str, pulumi.Input[str]]


class Workloads:
    """The grants jobs run in the cell's project as the cell's administrator, all else as the tenant.

    All of them lie under the tenant's own key.

    Where the database is a copy nothing is granted or migrated in it: that came with it. The audit trail's
    is each site's own.
    """

    def __init__(
        self,
        config: TenantConfig,
        site: Site,
        home: Home,
        identity: Identity,
        database: TenantInstance,
        key: pulumi.Input[str],
        environment: Environment,
        ready: tuple[pulumi.Resource, ...],
    ) -> None:
        self._config, self._site, self._home, self._identity = config, site, home, identity
        self._key = key
        self._image = pulumi.Output.concat(home.text("image"), ":", config.image_tag)
        self._copy = config.recovers_from is not None and not config.promoted
        connection: dict[str, pulumi.Input[str]] = {
            "CAREPLANE_DATABASE": database.database,
            "CAREPLANE_DATABASE_CA": database.certificates,
            "CAREPLANE_DATABASE_HOST": database.host,
            "CAREPLANE_DATABASE_USER": identity.database_user,
        }
        granted = [self._grants("grants", connection, (*database.ready, *ready), self._copy)]
        rights = ("append",) if "CAREPLANE_AUDIT_DATABASE" in environment else ()
        if rights:
            trail = _audit(connection, environment)
            granted.append(self._grants("audit-grants", trail, ready, False, rights))
        workload = WorkloadArgs(
            site,
            self._image,
            identity.email,
            key,
            home.text("network"),
            home.text("subnetwork"),
            {**_identity(config), **connection, **environment},
            (*ready, *granted),
            binary_authorization=self._policy,
        )
        migrate_for = () if self._copy else (self._image, database.host, database.database, *rights)
        migrate = self._job("migrate", workload, ("migrate",), migrate_for)
        admin = self._job("admin", workload, ("client", "list"), ())
        service = self._service(replace(workload, depends_on=(*ready, migrate)))
        self.uri = service.uri
        self.jobs = {"grants": granted[0].name, "migrate": migrate.name, "admin": admin.name}

    @property
    def _policy(self) -> str | None:
        """The policy of the project that the workload runs in: the cell's, or Google's, which admits all."""
        return DEFAULT_POLICY if self._config.binary_authorization else None

    def _grants(
        self,
        job: str,
        connection: Environment,
        ready: tuple[pulumi.Resource, ...],
        copied: bool,
        rights: tuple[str, ...] = (),
    ) -> Job:
        """`rights` other than to own what is in the database."""
        home = self._home
        told = {**connection, "CAREPLANE_ADMIN_USER": home.part("sqlAdministrator", "user")}
        if self._config.profile.fhir == "runtime":
            told["CAREPLANE_PROFILE"] = self._config.profile.name
        if rights:
            told["CAREPLANE_DATABASE_RIGHTS"] = rights[0]
        workload = WorkloadArgs(
            replace(self._site, project=home.text("project")),
            self._image,
            home.part("sqlAdministrator", "email"),
            self._key,
            home.text("network"),
            home.text("subnetwork"),
            told,
            ready,
            binary_authorization=self._policy,
        )
        run_for: tuple[pulumi.Input[str], ...] = (
            self._image,
            connection["CAREPLANE_DATABASE_HOST"],
            self._identity.database_user,
            *rights,
        )
        return self._job(job, workload, ("grants",), () if copied else run_for)

    def _job(
        self,
        job: str,
        workload: WorkloadArgs,
        arguments: tuple[str, ...],
        run_for: tuple[pulumi.Input[str], ...],
    ) -> Job:
        name = f"{self._config.tenant}-{job}"
        return Job(job, JobArgs(workload, name, arguments, run_for))

    def _service(self, workload: WorkloadArgs) -> Service:
        config = self._config
        return Service(
            "service",
            ServiceArgs(
                workload,
                config.tenant,
                self._identity.member,
                config.min_instances,
                config.profile.max_instances,
                traffic={name: _share(name, percent) for name, percent in config.traffic.items()},
                revision=f"{config.tenant}-{config.revision}" if config.revision else None,
                standby=not config.active,
            ),
        )


def _share(revision: str, percent: int) -> Share:
    """Google keeps a revision without requests only under a tag."""
    return Share(percent, None if percent else revision)


def _audit(connection: Environment, environment: Environment) -> dict[str, pulumi.Input[str]]:
    """How the audit trail's database is reached."""
    place = "CAREPLANE_AUDIT_DATABASE"
    moved = {key.replace("AUDIT_", ""): value for key, value in environment.items() if key.startswith(place)}
    return {**connection, **moved}


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
    if config.read_only:
        values["CAREPLANE_READ_ONLY"] = "true"
    return values
