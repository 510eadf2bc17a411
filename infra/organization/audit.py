"""Audit logs of every service below, of reading too, and for everybody. Checks 56 and 57 (CIS 2.1)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import folder, organizations

from infra.errors import ConfigError
from infra.organization.parent import Place

LOG_TYPES = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
"""All that can be switched on; writes by administrators are always logged:
https://cloud.google.com/logging/docs/audit/configure-data-access"""


@dataclass(frozen=True)
class AuditConfigArgs:
    """`place` is an organisation or a folder; projects have `infra/audit`. Nobody is exempt."""

    place: Place

    def __post_init__(self) -> None:
        if self.place.project is not None:
            raise ConfigError("place", "project", ("organization", "folder"))


class AuditConfig(pulumi.ComponentResource):
    def __init__(self, name: str, args: AuditConfigArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:organization:AuditConfig", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        if args.place.folder is not None:
            folder.IamAuditConfig(
                name,
                folder=args.place.folder,
                service="allServices",
                audit_log_configs=[{"log_type": each} for each in LOG_TYPES],
                opts=child,
            )
        else:
            organizations.IamAuditConfig(
                name,
                org_id=args.place.organization,
                service="allServices",
                audit_log_configs=[{"log_type": each} for each in LOG_TYPES],
                opts=child,
            )
        self.register_outputs({})
