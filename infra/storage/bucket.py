"""A bucket under a key of ours: no public access, old versions kept. Checks 9, 34, 35, 74 and 86."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_gcp import storage

from infra.errors import ConfigError
from infra.members import require_members
from infra.site import Site
from infra.storage.lifecycle import LifecycleRule

DAY = 24 * 3600
SOFT_DELETE_SECONDS = 30 * DAY
SOFT_DELETE_DAYS = (7, 90)
LONGEST_RETENTION_DAYS = 36_500
"""100 years, Google's limit."""
MULTI_REGIONS = {"europe": "EU", "us": "US", "asia": "ASIA"}
"""The code under which Google pairs two regions of a continent."""


@dataclass(frozen=True)
class Retention:
    """No object goes or changes within `days` of its making.

    `locked` is irreversible, for anybody and for ever: the period can only grow after it, and the bucket
    goes only once it is empty. https://cloud.google.com/storage/docs/bucket-lock
    """

    days: int
    locked: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.days <= LONGEST_RETENTION_DAYS:
            raise ConfigError("bucket retention", self.days, f"1 to {LONGEST_RETENTION_DAYS} days")


@dataclass(frozen=True)
class DualRegion:
    """Copies in the site's region and in `partner`; with `turbo` within 15 minutes (100 % of objects).

    The key must then lie in the multi-region. https://cloud.google.com/storage/docs/use-dual-regions
    """

    partner: str
    turbo: bool = True


@dataclass(frozen=True)
class BucketArgs:
    """`users` maps a short name to an IAM member that reads and writes objects.

    `access_logs` names the bucket that takes usage logs. With `read_only` the users only read. There is no
    CORS and no website: browsers reach documents through the runtime.
    """

    site: Site
    bucket: pulumi.Input[str]
    key: pulumi.Input[str]
    users: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()
    retention: Retention | None = None
    lifecycle: tuple[LifecycleRule, ...] = ()
    dual_region: DualRegion | None = None
    soft_delete_days: int = 30
    access_logs: pulumi.Input[str] | None = None
    read_only: bool = False

    def __post_init__(self) -> None:
        least, most = SOFT_DELETE_DAYS
        if not least <= self.soft_delete_days <= most:
            raise ConfigError("bucket soft_delete_days", self.soft_delete_days, f"{least} to {most}")
        require_members(self.users.values(), "a bucket")
        self.site.jurisdiction.require(self.location, f"bucket {self.bucket}")
        for region in self.regions:
            self.site.jurisdiction.require(region, f"a copy of bucket {self.bucket}")
        if self.dual_region and len({_continent(region) for region in self.regions}) > 1:
            raise ConfigError(
                "bucket partner", self.dual_region.partner, "a region of the same continent as the site's"
            )
        if self.dual_region and self.dual_region.partner == self.site.region:
            raise ConfigError("bucket partner", self.dual_region.partner, "a region other than the site's")

    @property
    def location(self) -> str:
        """The region, or the multi-region that holds both of a pair."""
        if not self.dual_region:
            return self.site.region.upper()
        return MULTI_REGIONS.get(_continent(self.site.region), self.site.region).upper()

    @property
    def regions(self) -> list[str]:
        """Where objects lie."""
        return [self.site.region, *([self.dual_region.partner] if self.dual_region else [])]


class Bucket(pulumi.ComponentResource):
    """`name` is the bucket's. A locked one outlives the stack: Google refuses to delete it while it holds."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:storage:Bucket", name, {}, opts)
        locked = args.retention is not None and args.retention.locked
        bucket = storage.Bucket(
            name,
            name=args.bucket,
            project=args.site.project,
            location=args.location,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            # Buckets with a retention policy have long been refused versions; soft delete still serves.
            versioning={"enabled": args.retention is None},
            encryption={"default_kms_key_name": args.key},
            soft_delete_policy={"retention_duration_seconds": args.soft_delete_days * DAY},
            force_destroy=not args.site.protected and not locked,
            lifecycle_rules=[storage.BucketLifecycleRuleArgs(**rule.inputs()) for rule in args.lifecycle]
            or None,
            logging={"log_bucket": args.access_logs} if args.access_logs else None,
            labels=dict(args.site.labels),
            opts=args.site.guard(self, list(args.depends_on), locked),
            **_placement(args),
            **_retention(args.retention),
        )
        self.name = bucket.name
        for who, member in args.users.items():
            storage.BucketIAMMember(
                f"{name}-{who}",
                bucket=bucket.name,
                role="roles/storage.objectViewer" if args.read_only else "roles/storage.objectUser",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"name": self.name})


def _continent(region: str) -> str:
    return region.split("-", 1)[0]


def _placement(args: BucketArgs) -> dict[str, Any]:
    if not args.dual_region:
        return {}
    return {
        "custom_placement_config": {"data_locations": [region.upper() for region in args.regions]},
        "rpo": "ASYNC_TURBO" if args.dual_region.turbo else "DEFAULT",
    }


def _retention(retention: Retention | None) -> dict[str, Any]:
    if retention is None:
        return {}
    policy: dict[str, Any] = {"retention_period": str(retention.days * DAY)}
    return {"retention_policy": policy | ({"is_locked": True} if retention.locked else {})}
