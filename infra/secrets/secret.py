"""A secret that stays in its jurisdiction, under keys of ours; its value is never seen here.

Checks 12 and 88, and 38 where it rotates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pulumi
from pulumi_gcp import secretmanager

from infra.errors import ConfigError
from infra.site import Site

OWNER_ROLES = ("secretAccessor", "secretVersionAdder")
ROLES = (*OWNER_ROLES, "secretVersionManager", "viewer")
"""Of roles/secretmanager.*: https://cloud.google.com/secret-manager/docs/access-control"""
LONGEST_ROTATION_DAYS = 365
MOST_DESTROY_DELAY_DAYS = 1000
"""https://cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions allows 1 to 1000 days."""


@dataclass(frozen=True)
class Rotation:
    """Secret Manager asks for a new version every `days` on a Pub/Sub `topic`; its subscriber makes it.

    Secret Manager's agent must publish to the topic before the secret is made (`depends_on`). `first` is when
    it asks first, one period from today unless given; Google moves it on, so that later values are ignored.
    `restart` writes it all the same: for one `up` that gives rotation to a secret that was made without, or
    that changes `days`.
    """

    days: int
    topic: pulumi.Input[str]
    first: datetime | None = None
    restart: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.days <= LONGEST_ROTATION_DAYS:
            raise ConfigError("rotation: days", self.days, f"1 to {LONGEST_ROTATION_DAYS} days")
        if self.first is not None and self.first.tzinfo is None:
            raise ConfigError("rotation: first", self.first, "a time with its time zone")

    @property
    def first_time(self) -> str:
        """RFC 3339, UTC."""
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        first = self.first or midnight + timedelta(days=self.days)
        return f"{first.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class SecretArgs:
    """`owner` holds `owner_roles`, by default to read versions and to add them; `key` is the site's region's.

    `replicas` maps further locations to the key of each (check 88). `version_destroy_days` is the time
    between the order to destroy a version and its end; none unless given.
    """

    site: Site
    secret: str
    key: pulumi.Input[str]
    owner: pulumi.Input[str]
    depends_on: tuple[pulumi.Resource, ...] = ()
    replicas: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    owner_roles: tuple[str, ...] = OWNER_ROLES
    rotation: Rotation | None = None
    version_destroy_days: int | None = None

    def __post_init__(self) -> None:
        for location in self.replicas:
            if self.site.jurisdiction.require(location, "replicas") == self.site.region:
                raise ConfigError("replicas", location, "locations other than the site's, whose key is `key`")
        for role in self.owner_roles:
            if role not in ROLES:
                raise ConfigError("owner_roles", role, ROLES)
        if not 1 <= (self.version_destroy_days or 1) <= MOST_DESTROY_DELAY_DAYS:
            allowed = f"1 to {MOST_DESTROY_DELAY_DAYS} days"
            raise ConfigError("version_destroy_days", self.version_destroy_days, allowed)

    @property
    def keys(self) -> dict[str, pulumi.Input[str]]:
        """The key of each location, the site's first."""
        return {self.site.region: self.key} | {each.lower(): key for each, key in self.replicas.items()}


class Secret(pulumi.ComponentResource):
    """`id` is projects/P/secrets/S. A replica added later replaces the secret: Google cannot change them."""

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:secrets:Secret", name, {}, opts)
        rotation, days = args.rotation, args.version_destroy_days
        # Google moves the next rotation on by itself: what it is by now is no change of ours.
        moves = rotation is not None and not rotation.restart
        moving = pulumi.ResourceOptions(ignore_changes=["rotation.nextRotationTime"] if moves else None)
        secret = secretmanager.Secret(
            name,
            project=args.site.project,
            secret_id=args.secret,
            replication={
                "user_managed": {
                    "replicas": [
                        {"location": location, "customer_managed_encryption": {"kms_key_name": key}}
                        for location, key in args.keys.items()
                    ]
                }
            },
            topics=[{"name": rotation.topic}] if rotation else None,
            rotation={
                "rotation_period": f"{rotation.days * 24 * 3600}s",
                "next_rotation_time": rotation.first_time,
            }
            if rotation
            else None,
            version_destroy_ttl=f"{days * 24 * 3600}s" if days else None,
            labels=dict(args.site.labels),
            opts=pulumi.ResourceOptions.merge(args.site.guard(self, list(args.depends_on)), moving),
        )
        self.id = secret.id
        for role in args.owner_roles:
            secretmanager.SecretIamMember(
                f"{name}-{role}",
                project=args.site.project,
                secret_id=secret.secret_id,
                role=f"roles/secretmanager.{role}",
                member=args.owner,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"id": self.id})
