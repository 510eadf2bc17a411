"""The audit bucket as a read-only BigQuery dataset, so that auditors can ask it in SQL.

https://cloud.google.com/logging/docs/buckets#link-bq-dataset
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
from pulumi_gcp import logging

from infra.audit.bucket import AuditBucket
from infra.errors import ConfigError

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True)
class LinkedAuditArgs:
    """`link` names the dataset that Google makes beside the bucket, under the bucket's key."""

    bucket: AuditBucket
    link: str = "audit"

    def __post_init__(self) -> None:
        if not self.bucket.args.analytics:
            raise ConfigError("linked dataset's bucket", "analytics=False", "a bucket with analytics")
        if not NAME.fullmatch(self.link):
            raise ConfigError("linked dataset", self.link, "a letter, then letters, digits and underscores")


class LinkedAudit(pulumi.ComponentResource):
    """Nothing is copied: entries leave with the bucket's retention."""

    def __init__(self, name: str, args: LinkedAuditArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:audit:LinkedAudit", name, {}, opts)
        logging.LinkedDataset(
            name,
            bucket=args.bucket.id,
            link_id=args.link,
            description="Audit trail, to be read in SQL",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
