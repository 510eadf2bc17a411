"""A Cloud SQL for PostgreSQL instance. Checks 6, 17, 36, 41, 64, 65, 68 to 70, 72, 73 and 89."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import sql
from pulumi_gcp.sql.outputs import DatabaseInstanceServerCaCert

from infra.profile import Profile
from infra.site import Site

FLAGS = {
    "cloudsql.enable_pgaudit": "on",
    "cloudsql.iam_authentication": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "pgaudit.log": "ddl,role",
}


@dataclass(frozen=True)
class InstanceArgs:
    """`network` and `key` by full name; `administrator` is the IAM database user with `cloudsqlsuperuser`."""

    site: Site
    instance: str
    network: pulumi.Input[str]
    key: pulumi.Input[str]
    administrator: pulumi.Input[str]
    profile: Profile
    backup_region: str
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        self.site.jurisdiction.require(self.backup_region, f"backups of instance {self.instance}")


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
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.name = self.instance.name
        self.host = self.instance.private_ip_address
        # The provider marks the certificates secret; they are what every client must know.
        self.certificates = pulumi.Output.unsecret(self.instance.server_ca_certs).apply(_pem)
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
    return {
        "tier": args.profile.tier,
        "edition": args.profile.edition,
        "availability_type": args.profile.availability,
        "disk_autoresize": True,
        "deletion_protection_enabled": args.site.protected,
        "ip_configuration": {
            "ipv4_enabled": False,
            "private_network": args.network,
            "ssl_mode": "ENCRYPTED_ONLY",
            "enable_private_path_for_google_cloud_services": True,
        },
        "backup_configuration": _backups(args),
        "database_flags": [{"name": flag, "value": value} for flag, value in FLAGS.items()],
        "insights_config": {"query_insights_enabled": True},
        "maintenance_window": {"day": 7, "hour": 3, "update_track": "stable"},
        "user_labels": dict(args.site.labels),
    }


def _backups(args: InstanceArgs) -> sql.DatabaseInstanceSettingsBackupConfigurationArgsDict:
    return {
        "enabled": True,
        "point_in_time_recovery_enabled": True,
        "start_time": "02:00",
        "location": args.backup_region,
        "transaction_log_retention_days": 14 if args.profile.edition == "ENTERPRISE_PLUS" else 7,
        "backup_retention_settings": {
            "retained_backups": args.profile.retained_backups,
            "retention_unit": "COUNT",
        },
    }


def _pem(certificates: Sequence[DatabaseInstanceServerCaCert]) -> str:
    return "\n".join(certificate.cert.strip() for certificate in certificates or [] if certificate.cert)
