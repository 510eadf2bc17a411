"""The cell's audit log bucket: under a key of ours, at least six years, locked. Checks 14 and 59.

45 CFR 164.316(b)(2)(i) asks for six years. A locked bucket cannot be unlocked or emptied, by anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import logging

from infra.errors import ConfigError
from infra.site import Site

RETENTION_DAYS = 2200
SIX_YEARS = 2192
LONGEST = 3650
"""Days; Google keeps logs no longer."""


@dataclass(frozen=True)
class AuditBucketArgs:
    """`retention_days` from six years (2,192) to ten; `analytics` lets SQL read it, and cannot be undone."""

    site: Site
    key: pulumi.Input[str]
    locked: bool = True
    depends_on: tuple[pulumi.Resource, ...] = ()
    bucket: str = "audit"
    retention_days: int = RETENTION_DAYS
    analytics: bool = True
    description: str = "Audit trail of the cell"

    def __post_init__(self) -> None:
        if not SIX_YEARS <= self.retention_days <= LONGEST:
            raise ConfigError("audit retention_days", self.retention_days, f"{SIX_YEARS} to {LONGEST}")


class AuditBucket(pulumi.ComponentResource):
    """Retained when locked: Google would refuse to delete it. `id` is the full name."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: AuditBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:audit:AuditBucket", name, {}, opts)
        self.args = args
        self.id = logging.ProjectBucketConfig(
            name,
            project=args.site.project,
            location=args.site.region,
            bucket_id=args.bucket,
            description=args.description,
            retention_days=args.retention_days,
            locked=args.locked,
            enable_analytics=args.analytics,
            cmek_settings={"kms_key_name": args.key},
            opts=args.site.guard(self, list(args.depends_on), args.locked),
        ).id
        self.register_outputs({"id": self.id})
