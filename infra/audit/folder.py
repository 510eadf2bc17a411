"""The audit trail of a folder and all below it, which keeps a jurisdiction's trail inside it. Checks 58, 86.

https://cloud.google.com/logging/docs/export/aggregated_sinks
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import logging

from infra.audit.filters import EVERY_FILTER, require_audit
from infra.audit.writer import bucket_writer


@dataclass(frozen=True)
class FolderAuditArgs:
    """`folder` as folders/N; `bucket` the full name of a locked log bucket in `bucket_project`."""

    folder: pulumi.Input[str]
    bucket: pulumi.Input[str]
    bucket_project: pulumi.Input[str]
    sink: str = "careplane-audit"
    filter: str = EVERY_FILTER
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        require_audit(self.filter)


class FolderAudit(pulumi.ComponentResource):
    """`writer` is the sink's identity, which may write to the bucket and no more."""

    writer: pulumi.Output[str]

    def __init__(self, name: str, args: FolderAuditArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:audit:FolderAudit", name, {}, opts)
        sink = logging.FolderSink(
            name,
            folder=args.folder,
            name=args.sink,
            description="Audit trail of every project of the folder",
            destination=pulumi.Output.concat("logging.googleapis.com/", args.bucket),
            filter=args.filter,
            include_children=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.writer = sink.writer_identity
        bucket_writer(name, args.bucket_project, self.writer, args.bucket, self)
        self.register_outputs({"writer": self.writer})
