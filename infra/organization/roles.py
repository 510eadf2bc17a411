"""Roles of our own, where Google's give more than is needed."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import organizations

ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "careplane_audit_writer": (
        "Writes AuditEvents and can delete none",
        (
            "healthcare.fhirResources.create",
            "healthcare.fhirResources.get",
            "healthcare.fhirResources.update",
            "healthcare.fhirStores.executeBundle",
        ),
    ),
}


@dataclass(frozen=True)
class RolesArgs:
    organization: str


class Roles(pulumi.ComponentResource):
    """`names` maps a role id to its full name, organizations/N/roles/ID."""

    names: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: RolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:organization:Roles", name, {}, opts)
        self.names = {
            role: organizations.IAMCustomRole(
                f"{name}-{role}",
                org_id=args.organization,
                role_id=role,
                title=title,
                permissions=list(permissions),
                opts=pulumi.ResourceOptions(parent=self),
            ).name
            for role, (title, permissions) in ROLES.items()
        }
        self.register_outputs({"names": self.names})
