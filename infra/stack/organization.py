"""Once an organisation: policies, roles of our own, the audit trail, who may do what in an emergency."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_gcp import accesscontextmanager

from infra.audit.bucket import AuditBucket
from infra.audit.changes import ChangeAlerts, ChangeAlertsArgs
from infra.audit.organization import OrganizationAudit, OrganizationAuditArgs
from infra.config import OrganizationConfig
from infra.identity.break_glass import BreakGlass, BreakGlassArgs
from infra.identity.federation import Federation, FederationArgs
from infra.identity.usage import UsageAlertArgs
from infra.monitoring.channels import Channels, ChannelsArgs
from infra.organization.approval import AccessApproval, AccessApprovalArgs
from infra.organization.audit import AuditConfig, AuditConfigArgs
from infra.organization.baseline import BOOLEAN, DOMAINS
from infra.organization.constraints import Constraints, ConstraintsArgs
from infra.organization.contacts import Contacts, ContactsArgs
from infra.organization.parent import Place
from infra.organization.policies import Policies, PoliciesArgs
from infra.organization.project import Project, ProjectArgs
from infra.organization.roles import ROLES, Roles, RolesArgs
from infra.site import Site
from infra.stack.trail import audit_bucket

SERVICES = (
    "accessapproval",
    "accesscontextmanager",
    "cloudkms",
    "cloudresourcemanager",
    "essentialcontacts",
    "iam",
    "iamcredentials",
    "logging",
    "monitoring",
    "orgpolicy",
    "privilegedaccessmanager",
    "sts",
)


def build(config: OrganizationConfig) -> dict[str, Any]:
    parent = f"organizations/{config.organization}"
    policy = accesscontextmanager.AccessPolicy(
        "access", parent=parent, title="careplane", opts=pulumi.ResourceOptions(protect=config.protected)
    )
    constraints = Constraints("constraints", ConstraintsArgs(config.organization))
    Policies("organization", PoliciesArgs(parent, tuple(BOOLEAN), {DOMAINS: _customers(config)}))
    roles = Roles("roles", RolesArgs(config.organization, roles=ROLES))
    project = _project(config)
    site = Site(project.project, config.region, config.jurisdiction, config.protected)
    channels = Channels(
        "channels",
        ChannelsArgs(
            project.project,
            {each.partition("@")[0]: each for each in config.contacts},
            depends_on=tuple(project.ready),
        ),
    )
    bucket = _audit(config, site, project, channels)
    _people(config, parent, project, channels, bucket)
    return {
        "organization": config.organization,
        "accessPolicy": policy.name,
        "constraints": list(constraints.names),
        "customers": list(config.customers),
        "jurisdiction": config.jurisdiction.name,
        "operators": list(config.operators),
        "roles": roles.names,
        "project": project.project,
    }


EMERGENCY = ("roles/accesscontextmanager.policyAdmin", "roles/cloudkms.admin", "roles/run.admin")
"""What a lost perimeter, a disabled key or a service that does not come up need, and no patient's data."""


def _customers(config: OrganizationConfig) -> list[str]:
    return [f"is:{customer}" for customer in config.customers]


def _project(config: OrganizationConfig) -> Project:
    return Project(
        "administration",
        ProjectArgs(
            config.project,
            SERVICES,
            ("logging",),
            organization=config.organization,
            billing_account=config.billing_account,
            protected=config.protected,
            retained=config.audit_locked,
        ),
    )


def _audit(config: OrganizationConfig, site: Site, project: Project, channels: Channels) -> AuditBucket:
    """Everything that is done anywhere in the organisation, in one locked bucket, and alerts on it."""
    AuditConfig("audit", AuditConfigArgs(Place(organization=config.organization)))
    bucket = audit_bucket("audit", site, project, config.audit_locked, "Audit trail of the organisation")
    OrganizationAudit(
        "organization-audit", OrganizationAuditArgs(config.organization, bucket.id, project.project)
    )
    ChangeAlerts("changes", ChangeAlertsArgs(project.project, bucket.id, channels.all))
    return bucket


def _people(
    config: OrganizationConfig, parent: str, project: Project, channels: Channels, bucket: AuditBucket
) -> None:
    """Whom Google tells, whom it asks, who may do what in an emergency, and how CI signs in."""
    if config.contacts:
        Contacts("contacts", ContactsArgs(parent, dict.fromkeys(config.contacts, ("ALL",))))
        AccessApproval(
            "approval", AccessApprovalArgs(Place(organization=config.organization), config.contacts)
        )
    if config.break_glass:
        BreakGlass(
            "break-glass",
            BreakGlassArgs(
                parent,
                "careplane-break-glass",
                EMERGENCY,
                config.break_glass,
                config.approvers,
                UsageAlertArgs(project.project, channels.all, bucket.id),
                depends_on=tuple(project.ready),
            ),
        )
    if config.ci_issuer and config.ci_condition:
        Federation(
            "ci",
            FederationArgs(
                project.project, "ci", config.ci_issuer, config.ci_condition, tuple(project.ready)
            ),
        )
