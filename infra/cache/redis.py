"""A Memorystore for Redis instance: TLS and AUTH always on, under a key of ours. Checks 16, 23 and 72.

https://cloud.google.com/memorystore/docs/redis/about-in-transit-encryption
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import redis
from pulumi_gcp.redis.outputs import InstanceServerCaCert

from infra.errors import ConfigError
from infra.site import Site

TIERS = ("BASIC", "STANDARD_HA")
PERIODS = ("ONE_HOUR", "SIX_HOURS", "TWELVE_HOURS", "TWENTY_FOUR_HOURS")
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(frozen=True)
class RedisArgs:
    """`network` and `key` by full name; `memory_gib` is what Redis may hold, 1 to 300.

    STANDARD_HA has a replica in another zone, BASIC loses its data with its machine. `snapshots` is how often
    the data is written to disk, None never. Maintenance begins at `maintenance_hour` UTC and takes an hour.
    """

    site: Site
    instance: str
    network: pulumi.Input[str]
    key: pulumi.Input[str]
    memory_gib: int = 1
    tier: str = "STANDARD_HA"
    version: str = "REDIS_7_2"
    snapshots: str | None = "SIX_HOURS"
    maintenance_day: str = "SUNDAY"
    maintenance_hour: int = 3
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.memory_gib <= 300:
            raise ConfigError("memory_gib", self.memory_gib, "1 to 300")
        if self.tier not in TIERS:
            raise ConfigError("tier", self.tier, TIERS)
        # In-transit encryption and AUTH came with 6.
        if not re.fullmatch(r"REDIS_([6-9]|\d\d)_(\d+|X)", self.version):
            raise ConfigError("version", self.version, "REDIS_6_X or later")
        if self.snapshots not in (None, *PERIODS):
            raise ConfigError("snapshots", self.snapshots, PERIODS)
        if self.maintenance_day not in DAYS:
            raise ConfigError("maintenance_day", self.maintenance_day, DAYS)
        if not 0 <= self.maintenance_hour <= 23:
            raise ConfigError("maintenance_hour", self.maintenance_hour, "0 to 23")
        if isinstance(self.key, str) and f"/locations/{self.site.region}/" not in self.key:
            raise ConfigError("key of a cache", self.key, f"a key in locations/{self.site.region}")


class Redis(pulumi.ComponentResource):
    """`auth` is a secret output: hand it to a Secret Manager version, never to an environment."""

    name: pulumi.Output[str]
    host: pulumi.Output[str]
    port: pulumi.Output[int]
    certificates: pulumi.Output[str]
    auth: pulumi.Output[str]

    def __init__(self, name: str, args: RedisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:cache:Redis", name, {}, opts)
        self.instance = redis.Instance(
            name,
            name=args.instance,
            project=args.site.project,
            region=args.site.region,
            tier=args.tier,
            memory_size_gb=args.memory_gib,
            redis_version=args.version,
            auth_enabled=True,
            transit_encryption_mode="SERVER_AUTHENTICATION",
            customer_managed_key=args.key,
            connect_mode="PRIVATE_SERVICE_ACCESS",
            authorized_network=args.network,
            persistence_config=_persistence(args),
            maintenance_policy={
                "weekly_maintenance_windows": [
                    {"day": args.maintenance_day, "start_time": {"hours": args.maintenance_hour}}
                ]
            },
            deletion_protection=args.site.protected,
            labels=dict(args.site.labels),
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.name, self.host, self.port = self.instance.name, self.instance.host, self.instance.port
        self.auth = pulumi.Output.secret(self.instance.auth_string)
        self.certificates = pulumi.Output.unsecret(self.instance.server_ca_certs).apply(_pem)
        self.register_outputs({"host": self.host, "port": self.port})


def _persistence(args: RedisArgs) -> redis.InstancePersistenceConfigArgsDict:
    if args.snapshots is None:
        return {"persistence_mode": "DISABLED"}
    return {"persistence_mode": "RDB", "rdb_snapshot_period": args.snapshots}


def _pem(certificates: Sequence[InstanceServerCaCert]) -> str:
    return "\n".join(certificate.cert.strip() for certificate in certificates or [] if certificate.cert)
