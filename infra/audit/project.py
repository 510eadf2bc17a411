"""What a project's audit trail consists of and where it goes. Checks 56 to 58."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import logging, projects

from infra.audit.filters import FILTER, require_audit
from infra.audit.writer import bucket_writer

__all__ = ["FILTER", "ProjectAudit", "ProjectAuditArgs"]


@dataclass(frozen=True)
class ProjectAuditArgs:
    """`bucket` is the full name of the log bucket in `bucket_project`, which may be `project` itself.

    `sink` tells the sinks of two sites apart; only the first site `configures` what is logged.
    """

    project: pulumi.Input[str]
    bucket: pulumi.Input[str]
    bucket_project: pulumi.Input[str]
    depends_on: tuple[pulumi.Resource, ...] = ()
    filter: str = FILTER
    sink: str = "audit"
    configures: bool = True

    def __post_init__(self) -> None:
        require_audit(self.filter)

    @property
    def has_writer(self) -> bool:
        """A sink into a bucket of its own project has no identity and needs no right.

        https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks
        """
        if isinstance(self.project, str) and isinstance(self.bucket_project, str):
            return self.project != self.bucket_project
        return self.project is not self.bucket_project


class ProjectAudit(pulumi.ComponentResource):
    """Every service logs reads and writes, nobody is exempt, and a sink carries it to the cell's bucket."""

    def __init__(self, name: str, args: ProjectAuditArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:audit:ProjectAudit", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        if args.configures:
            projects.IAMAuditConfig(
                name,
                project=args.project,
                service="allServices",
                audit_log_configs=[{"log_type": kind} for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")],
                opts=child,
            )
        sink = logging.ProjectSink(
            name,
            project=args.project,
            name=args.sink,
            destination=pulumi.Output.concat("logging.googleapis.com/", args.bucket),
            filter=args.filter,
            unique_writer_identity=True,
            opts=child,
        )
        if args.has_writer:
            bucket_writer(name, args.bucket_project, sink.writer_identity, args.bucket, self)
        self.register_outputs({})
