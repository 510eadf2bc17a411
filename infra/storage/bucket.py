"""A bucket under a key of ours: no public access, old versions kept. Checks 9, 34, 35 and 74."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import storage

from infra.site import Site

SOFT_DELETE_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class BucketArgs:
    """`users` maps a short name to an IAM member that reads and writes objects."""

    site: Site
    bucket: pulumi.Input[str]
    key: pulumi.Input[str]
    users: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()


class Bucket(pulumi.ComponentResource):
    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:storage:Bucket", name, {}, opts)
        bucket = storage.Bucket(
            name,
            name=args.bucket,
            project=args.site.project,
            location=args.site.region.upper(),
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            versioning={"enabled": True},
            encryption={"default_kms_key_name": args.key},
            soft_delete_policy={"retention_duration_seconds": SOFT_DELETE_SECONDS},
            force_destroy=not args.site.protected,
            labels=dict(args.site.labels),
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.name = bucket.name
        for who, member in args.users.items():
            storage.BucketIAMMember(
                f"{name}-{who}",
                bucket=bucket.name,
                role="roles/storage.objectUser",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"name": self.name})
