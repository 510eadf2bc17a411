"""Once a jurisdiction: a folder, what is allowed in it, its audit trail, and who operates it."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.audit.folder import FolderAudit, FolderAuditArgs
from infra.config import FoundationConfig
from infra.errors import ConfigError
from infra.organization.baseline import healthcare
from infra.organization.constraints import HEALTHCARE
from infra.organization.contacts import Contacts, ContactsArgs
from infra.organization.folder import Folder, FolderArgs
from infra.organization.policies import Policies, PoliciesArgs
from infra.organization.project import Project, ProjectArgs
from infra.organization.workload import AssuredWorkload, AssuredWorkloadArgs
from infra.perimeter.access import Operators, OperatorsArgs
from infra.perimeter.level import Level, LevelArgs, inside
from infra.site import Site
from infra.stack import services
from infra.stack.trail import audit_bucket
from infra.stack.upstream import Upstream


def build(config: FoundationConfig) -> dict[str, Any]:
    organization = Upstream(config.organization_stack)
    area = config.jurisdiction
    folder = _folder(config, organization)
    _policies(config, folder, organization)
    _audit(config, folder)
    policy = organization.text("accessPolicy")
    suffix = f"{config.place}_{area.name}".replace("-", "_")
    operators = Operators(
        "operators", OperatorsArgs(policy, f"operators_{suffix}", organization.output("operators"))
    )
    countries = Level("countries", LevelArgs(policy, f"countries_{suffix}", (inside(area),)))
    return {
        "folder": folder,
        "jurisdiction": area.name,
        "locations": list(area.locations),
        "profile": config.profile.name,
        "accessPolicy": policy,
        "operatorsLevel": operators.name,
        "countriesLevel": countries.name,
    }


def _folder(config: FoundationConfig, organization: Upstream) -> pulumi.Output[str]:
    """Under a compliance regime where the profile asks for one."""
    title = f"careplane-{config.place}-{config.jurisdiction.name}"
    if config.profile.assured_workloads is None:
        # Google deletes no folder that holds a project, and a locked audit trail keeps its project.
        return Folder(
            "folder",
            FolderArgs(
                title,
                pulumi.Output.concat("organizations/", organization.text("organization")),
                config.protected,
                config.audit_locked,
            ),
        ).name
    if config.billing_account is None:
        raise ConfigError("careplane:billingAccount", None, "the account that Assured Workloads needs")
    return AssuredWorkload(
        "workload",
        AssuredWorkloadArgs(
            config.jurisdiction,
            organization.text("organization"),
            config.region,
            config.profile.assured_workloads,
            title,
            config.billing_account,
            title,
            protected=config.protected,
            retained=config.audit_locked,
        ),
    ).folder


def _policies(config: FoundationConfig, folder: pulumi.Output[str], organization: Upstream) -> None:
    """The baseline, and the organisation's own constraints, enforced below the folder."""
    usable = tuple(f"{name}.googleapis.com" for name in services.EVERY)
    args = healthcare(folder, config.jurisdiction, key_owners=(folder,), services=usable)
    Policies("folder", args)
    Policies("careplane", PoliciesArgs(folder, tuple(each.name for each in HEALTHCARE)))
    if config.contacts:
        Contacts("contacts", ContactsArgs(folder, dict.fromkeys(config.contacts, ("ALL",))))


def _audit(config: FoundationConfig, folder: pulumi.Output[str]) -> None:
    """All that is logged in the jurisdiction stays in it."""
    project = Project(
        "audit-project",
        ProjectArgs(
            config.project,
            ("cloudkms", "logging"),
            ("logging",),
            folder=folder,
            billing_account=config.billing_account,
            protected=config.protected,
            retained=config.audit_locked,
        ),
    )
    site = Site(project.project, config.region, config.jurisdiction, config.protected)
    name = f"Audit trail of {config.jurisdiction.name}"
    bucket = audit_bucket("audit", site, project, config.audit_locked, name)
    FolderAudit("folder-audit", FolderAuditArgs(folder, bucket.id, project.project))
