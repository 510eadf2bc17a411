"""Once a jurisdiction: a folder, what is allowed in it, and who operates it."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_gcp import organizations

from infra.config import FoundationConfig
from infra.organization.policies import BASELINE, Policies, PoliciesArgs
from infra.perimeter.access import Operators, OperatorsArgs
from infra.stack.upstream import Upstream


def build(config: FoundationConfig) -> dict[str, Any]:
    organization = Upstream(config.organization_stack)
    area = config.jurisdiction
    # Google deletes no folder that holds a project, and a locked audit trail keeps its project.
    folder = organizations.Folder(
        "folder",
        display_name=f"careplane-{config.place}-{area.name}",
        parent=pulumi.Output.concat("organizations/", organization.text("organization")),
        deletion_protection=config.protected,
        opts=pulumi.ResourceOptions(protect=config.protected, retain_on_delete=config.audit_locked or None),
    )
    Policies("folder", PoliciesArgs(folder.name, BASELINE, {"gcp.resourceLocations": area.policy_values}))
    policy = organization.text("accessPolicy")
    operators = Operators(
        "operators",
        OperatorsArgs(
            policy,
            f"operators_{config.place}_{area.name}".replace("-", "_"),
            organization.output("operators"),
        ),
    )
    return {
        "folder": folder.name,
        "jurisdiction": area.name,
        "locations": list(area.locations),
        "accessPolicy": policy,
        "operatorsLevel": operators.name,
    }
