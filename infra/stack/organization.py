"""Once an organisation: access policy, policies for everybody, roles of our own, how CI signs in."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_gcp import accesscontextmanager

from infra.config import OrganizationConfig
from infra.identity.federation import Federation, FederationArgs
from infra.organization.policies import BASELINE, Policies, PoliciesArgs
from infra.organization.project import Project, ProjectArgs
from infra.organization.roles import Roles, RolesArgs

SERVICES = ("accesscontextmanager", "cloudresourcemanager", "iam", "iamcredentials", "orgpolicy", "sts")


def build(config: OrganizationConfig) -> dict[str, Any]:
    parent = f"organizations/{config.organization}"
    policy = accesscontextmanager.AccessPolicy(
        "access", parent=parent, title="careplane", opts=pulumi.ResourceOptions(protect=config.protected)
    )
    Policies("organization", PoliciesArgs(parent, (BASELINE[0],)))
    roles = Roles("roles", RolesArgs(config.organization))
    project = Project(
        "administration",
        ProjectArgs(
            config.project,
            SERVICES,
            organization=config.organization,
            billing_account=config.billing_account,
            protected=config.protected,
        ),
    )
    if config.ci_issuer and config.ci_condition:
        Federation(
            "ci",
            FederationArgs(
                project.project, "ci", config.ci_issuer, config.ci_condition, tuple(project.ready)
            ),
        )
    return {
        "organization": config.organization,
        "accessPolicy": policy.name,
        "operators": list(config.operators),
        "roles": roles.names,
        "project": project.project,
    }
