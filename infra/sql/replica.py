"""A replica in another region, under that region's own key: what serves when the first region is lost.

Checks 7, 71 and 72. Promotion is a change of `promoted`, which previews as an update: the provider promotes
where `instanceType` becomes CLOUD_SQL_INSTANCE and no primary is named any more.
https://cloud.google.com/sql/docs/postgres/replication/manage-replicas#promote-replica
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_gcp import sql

from infra.errors import ConfigError
from infra.profile import Profile
from infra.site import Site
from infra.sql.instance import pem
from infra.sql.options import InstanceOptions
from infra.sql.settings import PLUS, PRIMARY, REPLICA, backups, settings


@dataclass(frozen=True)
class ReplicaArgs:
    """`site` is the replica's own, `key` one of its region; `primary` the instance it follows, by name.

    `primary_region` must be another one. `backup_region` counts once it is promoted. With `switched_from`,
    the primary's name, promotion is a switchover: no data lost, the old primary becomes the replica, and
    both regions must be up (Enterprise Plus alone).
    """

    site: Site
    instance: str
    primary: pulumi.Input[str]
    primary_region: str
    network: pulumi.Input[str]
    key: pulumi.Input[str]
    profile: Profile
    backup_region: str
    promoted: bool = False
    switched_from: str | None = None
    depends_on: tuple[pulumi.Resource, ...] = ()
    options: InstanceOptions = field(default_factory=InstanceOptions)

    def __post_init__(self) -> None:
        self.site.jurisdiction.require(self.primary_region, f"primary of replica {self.instance}")
        self.site.jurisdiction.require(self.backup_region, f"backups of replica {self.instance}")
        backups(self.profile, self.backup_region, self.options)
        if self.primary_region == self.site.region:
            elsewhere = set(self.site.jurisdiction.locations) - {self.site.region}
            raise ConfigError(f"region of replica {self.instance}", self.site.region, elsewhere or "none")
        if isinstance(self.key, str):
            _of_region(self.key, self.site.region)
        if self.switched_from and not self.promoted:
            raise ConfigError("switched_from", self.switched_from, "nothing until it is promoted")
        if self.switched_from and self.profile.edition != PLUS:
            raise ConfigError("edition (of a replica that switches over)", self.profile.edition, PLUS)


class Replica(pulumi.ComponentResource):
    """`host` is its private address: for reading now, for writing once promoted."""

    name: pulumi.Output[str]
    host: pulumi.Output[str]
    certificates: pulumi.Output[str]

    def __init__(self, name: str, args: ReplicaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:sql:Replica", name, {}, opts)
        self.instance = sql.DatabaseInstance(
            name,
            name=args.instance,
            project=args.site.project,
            region=args.site.region,
            database_version=args.profile.postgres,
            encryption_key_name=pulumi.Output.from_input(args.key).apply(
                lambda key: _of_region(key, args.site.region)
            ),
            deletion_protection=args.site.protected,
            settings=_settings(args),
            **_role(args),
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.name = self.instance.name
        self.host = self.instance.private_ip_address
        self.certificates = pulumi.Output.unsecret(self.instance.server_ca_certs).apply(pem)
        self.register_outputs({"host": self.host})


def _settings(args: ReplicaArgs) -> sql.DatabaseInstanceSettingsArgsDict:
    own = backups(args.profile, args.backup_region, args.options) if args.promoted else None
    return settings(args.site, args.profile, args.network, args.options, own)


def _role(args: ReplicaArgs) -> dict[str, Any]:
    """The provider refuses a promotion that still names the primary."""
    if not args.promoted:
        return {"instance_type": REPLICA, "master_instance_name": args.primary}
    if not args.switched_from:
        return {"instance_type": PRIMARY}
    return {
        "instance_type": PRIMARY,
        "replica_names": [args.switched_from],
        "replication_cluster": {"failover_dr_replica_name": args.switched_from},
    }


def _of_region(key: str, region: str) -> str:
    """Google refuses a key of another region too, but only halfway through an update."""
    if f"/locations/{region}/" not in key:
        raise ConfigError("key of a replica", key, f"a key in locations/{region}")
    return key
