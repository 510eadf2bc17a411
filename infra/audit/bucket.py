"""The cell's audit log bucket: under a key of ours, at least six years, locked. Checks 14 and 59.

45 CFR 164.316(b)(2)(i) asks for six years. A locked bucket cannot be unlocked or emptied, by anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import logging

from infra.site import Site

RETENTION_DAYS = 2200
"""Six years are 2,192 days."""


@dataclass(frozen=True)
class AuditBucketArgs:
    site: Site
    key: pulumi.Input[str]
    locked: bool = True
    depends_on: tuple[pulumi.Resource, ...] = ()


class AuditBucket(pulumi.ComponentResource):
    """Retained when locked: Google would refuse to delete it."""

    def __init__(self, name: str, args: AuditBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:audit:AuditBucket", name, {}, opts)
        self.id = logging.ProjectBucketConfig(
            name,
            project=args.site.project,
            location=args.site.region,
            bucket_id="audit",
            description="Audit trail of the cell",
            retention_days=RETENTION_DAYS,
            locked=args.locked,
            enable_analytics=True,
            cmek_settings={"kms_key_name": args.key},
            opts=args.site.guard(self, list(args.depends_on), args.locked),
        ).id
        self.register_outputs({"id": self.id})
