"""Roles of our own, where Google's give more than is needed.

Permissions: https://cloud.google.com/iam/docs/roles-permissions
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import organizations, projects

from infra.errors import ConfigError

Role = tuple[str, tuple[str, ...]]
"""Title and permissions."""


def _all(kind: str, *verbs: str) -> tuple[str, ...]:
    return tuple(f"{kind}.{verb}" for verb in verbs)


def _read(*kinds: str) -> tuple[str, ...]:
    return tuple(permission for kind in kinds for permission in _all(kind, "get", "list"))


RUNTIME: dict[str, Role] = {
    "careplane_audit_writer": (
        "Adds AuditEvents and can change or delete none",
        (
            "healthcare.fhirResources.create",
            "healthcare.fhirResources.get",
            "healthcare.fhirStores.executeBundle",
            "healthcare.fhirStores.searchResources",
        ),
    ),
}
"""What the runtime holds in a tenant's stores."""
DUTIES: dict[str, Role] = {
    "careplane_auditor": (
        "Reads logs and policies and changes none",
        (
            *_read("accesscontextmanager.accessLevels", "accesscontextmanager.servicePerimeters"),
            "cloudasset.assets.searchAllIamPolicies",
            "cloudasset.assets.searchAllResources",
            *_read("cloudkms.cryptoKeys", "cloudkms.cryptoKeyVersions", "cloudkms.keyRings"),
            "essentialcontacts.contacts.list",
            *_read("iam.roles", "iam.serviceAccounts"),
            *_read("logging.buckets", "logging.sinks", "logging.views"),
            "logging.logEntries.list",
            "logging.logs.list",
            "logging.privateLogEntries.list",
            *_read("monitoring.alertPolicies"),
            "orgpolicy.constraints.list",
            "orgpolicy.policies.list",
            "orgpolicy.policy.get",
            "resourcemanager.projects.get",
            "resourcemanager.projects.getIamPolicy",
        ),
    ),
    "careplane_deployer": (
        "Deploys images to Cloud Run; acts as no service account unless granted on that account",
        (
            "artifactregistry.repositories.downloadArtifacts",
            *_read("artifactregistry.repositories"),
            "artifactregistry.repositories.uploadArtifacts",
            "resourcemanager.projects.get",
            *_all("run.executions", "get", "list"),
            *_all("run.jobs", "create", "get", "list", "run", "update"),
            *_all("run.operations", "get", "list"),
            *_read("run.revisions"),
            *_all("run.services", "create", "get", "list", "update"),
        ),
    ),
    "careplane_key_administrator": (
        "Administers keys; neither uses one nor grants its use",
        (
            *_all("cloudkms.cryptoKeys", "create", "get", "getIamPolicy", "list", "update"),
            *_all("cloudkms.cryptoKeyVersions", "create", "destroy", "get", "list", "restore", "update"),
            *_all("cloudkms.keyRings", "create", "get", "getIamPolicy", "list"),
            *_read("cloudkms.locations"),
            "resourcemanager.projects.get",
        ),
    ),
    "careplane_tenant_operator": (
        "Sees how a tenant fares, restarts and backs up; reads no data and no log",
        (
            *_all("cloudsql.backupRuns", "create", "get", "list"),
            *_all("cloudsql.instances", "get", "list", "restart"),
            *_read("healthcare.datasets", "healthcare.fhirStores", "healthcare.hl7V2Stores"),
            *_read("monitoring.alertPolicies", "monitoring.dashboards"),
            "monitoring.timeSeries.list",
            *_read("pubsub.subscriptions", "pubsub.topics"),
            "resourcemanager.projects.get",
            *_read("run.executions", "run.jobs", "run.revisions", "run.services"),
            *_read("secretmanager.secrets"),
            *_read("storage.buckets"),
        ),
    ),
}
"""What people and CI hold, each for one duty (HIPAA 164.308(a)(4); AC-5, AC-6)."""
ROLES = RUNTIME | DUTIES


@dataclass(frozen=True)
class RolesArgs:
    """Either at an `organization` (its number) or in a `project`; by default what the runtime needs."""

    organization: str | None = None
    project: pulumi.Input[str] | None = None
    roles: Mapping[str, Role] = field(default_factory=lambda: RUNTIME)

    def __post_init__(self) -> None:
        if (self.organization is None) == (self.project is None):
            given = None if self.project is None else "both organization and project"
            raise ConfigError("organization", given, "either organization or project")
        for role, (_title, permissions) in self.roles.items():
            _require_permissions(role, permissions)


class Roles(pulumi.ComponentResource):
    """`names` maps a role id to its full name, such as organizations/N/roles/ID."""

    names: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: RolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:organization:Roles", name, {}, opts)
        self.names = {
            role: self._role(f"{name}-{role}", role, title, permissions, args)
            for role, (title, permissions) in args.roles.items()
        }
        self.register_outputs({"names": self.names})

    def _role(
        self, name: str, role: str, title: str, permissions: tuple[str, ...], args: RolesArgs
    ) -> pulumi.Output[str]:
        opts = pulumi.ResourceOptions(parent=self)
        if args.organization is None:
            return projects.IAMCustomRole(
                name,
                project=args.project,
                role_id=role,
                title=title,
                permissions=list(permissions),
                opts=opts,
            ).name
        return organizations.IAMCustomRole(
            name,
            org_id=args.organization,
            role_id=role,
            title=title,
            permissions=list(permissions),
            opts=opts,
        ).name


def _require_permissions(role: str, permissions: Iterable[str]) -> None:
    for permission in permissions:
        if permission.count(".") != 2 or "*" in permission:
            allowed = "permissions such as run.services.get, none with '*'"
            raise ConfigError(f"roles: {role}", permission, allowed)
