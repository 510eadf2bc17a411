"""A Cloud SQL for PostgreSQL instance. Checks 6, 17, 36, 41, 64, 65, 68 to 70, 72, 73 and 89."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_gcp import sql
from pulumi_gcp.sql.outputs import DatabaseInstanceServerCaCert

from infra.errors import ConfigError
from infra.profile import Profile
from infra.site import Site
from infra.sql.options import InstanceOptions
from infra.sql.settings import PLUS, REPLICA, backups, settings


@dataclass(frozen=True)
class InstanceArgs:
    """`network` and `key` by full name; `administrator` is the IAM database user with `cloudsqlsuperuser`.

    `recovery` names the replica elsewhere that Google may switch this instance's role to: Enterprise Plus
    alone, and only once the replica exists. `follows` is the new primary's name after such a switchover,
    when this instance has become the replica: refresh first, for it is Google that made the change.
    https://cloud.google.com/sql/docs/postgres/use-advanced-disaster-recovery
    """

    site: Site
    instance: str
    network: pulumi.Input[str]
    key: pulumi.Input[str]
    administrator: pulumi.Input[str]
    profile: Profile
    backup_region: str
    depends_on: tuple[pulumi.Resource, ...] = ()
    options: InstanceOptions = field(default_factory=InstanceOptions)
    recovery: str | None = None
    follows: str | None = None

    def __post_init__(self) -> None:
        self.site.jurisdiction.require(self.backup_region, f"backups of instance {self.instance}")
        backups(self.profile, self.backup_region, self.options)
        if (self.recovery or self.follows) and self.profile.edition != PLUS:
            raise ConfigError("edition (of an instance that switches over)", self.profile.edition, PLUS)
        if self.recovery and self.follows:
            raise ConfigError("recovery", self.recovery, "nothing while the instance follows another")


class Instance(pulumi.ComponentResource):
    """`host` is the private address; `certificates` the PEM of the server's authorities."""

    name: pulumi.Output[str]
    host: pulumi.Output[str]
    certificates: pulumi.Output[str]

    def __init__(self, name: str, args: InstanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:sql:Instance", name, {}, opts)
        self.instance = sql.DatabaseInstance(
            name,
            name=args.instance,
            project=args.site.project,
            region=args.site.region,
            database_version=args.profile.postgres,
            encryption_key_name=args.key,
            deletion_protection=args.site.protected,
            settings=_settings(args),
            **_role(args),
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.name = self.instance.name
        self.host = self.instance.private_ip_address
        # The provider marks the certificates secret; they are what every client must know.
        self.certificates = pulumi.Output.unsecret(self.instance.server_ca_certs).apply(pem)
        self.administrator = sql.User(
            f"{name}-administrator",
            project=args.site.project,
            instance=self.name,
            name=args.administrator,
            type="CLOUD_IAM_SERVICE_ACCOUNT",
            database_roles=["cloudsqlsuperuser"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"host": self.host})


def _settings(args: InstanceArgs) -> sql.DatabaseInstanceSettingsArgsDict:
    own = None if args.follows else backups(args.profile, args.backup_region, args.options)
    found = settings(args.site, args.profile, args.network, args.options, own)
    if args.follows:
        found["backup_configuration"] = {"enabled": False, "point_in_time_recovery_enabled": False}
    return found


def _role(args: InstanceArgs) -> dict[str, Any]:
    """Nothing for an instance that stands alone, as most do."""
    if args.follows:
        return {
            "instance_type": REPLICA,
            "master_instance_name": args.follows,
            "replica_names": [],
            "replication_cluster": {"failover_dr_replica_name": ""},
        }
    return {"replication_cluster": {"failover_dr_replica_name": args.recovery}} if args.recovery else {}


def pem(certificates: Sequence[DatabaseInstanceServerCaCert]) -> str:
    """All authorities, for a client that must outlive their rotation."""
    return "\n".join(certificate.cert.strip() for certificate in certificates or [] if certificate.cert)
