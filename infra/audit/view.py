"""A tenant's own part of the audit bucket, for its own auditors.

A view can tell projects and logs apart and nothing finer, so only a tenant with a project of its own has
one: https://cloud.google.com/logging/docs/logs-views
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import logging

from infra.audit.bucket import AuditBucket
from infra.errors import ConfigError
from infra.members import require_members

READER = "roles/logging.viewAccessor"


@dataclass(frozen=True)
class TenantViewArgs:
    """`project` is the tenant's own; `log` narrows to one log id; `readers` maps a name to an IAM member."""

    bucket: AuditBucket
    tenant: str
    project: str
    log: str | None = None
    readers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.project == self.bucket.args.site.project:
            raise ConfigError("log view's project", self.project, "a project of the tenant's own")
        require_members(self.readers.values(), "a log view")


class TenantView(pulumi.ComponentResource):
    """`id` is the view's full name."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: TenantViewArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:audit:TenantView", name, {}, opts)
        source = f'SOURCE("projects/{args.project}")'
        site, bucket = args.bucket.args.site, args.bucket.args.bucket
        parent = pulumi.Output.concat("projects/", site.project)
        view = logging.LogView(
            name,
            name=args.tenant,
            parent=parent,
            location=site.region,
            bucket=args.bucket.id.apply(lambda full: full.rsplit("/", 1)[-1]),
            description=f"Audit trail of {args.tenant}",
            filter=f'{source} AND LOG_ID("{args.log}")' if args.log else source,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = view.id
        for who, member in args.readers.items():
            logging.LogViewIamMember(
                f"{name}-{who}",
                parent=parent,
                location=site.region,
                bucket=bucket,
                name=view.name,
                role=READER,
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"id": self.id})
