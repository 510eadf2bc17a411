"""The service perimeter of a cell; the cell alone writes it. Checks 49 to 54."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import accesscontextmanager

RESTRICTED = tuple(
    f"{service}.googleapis.com"
    for service in (
        "artifactregistry",
        "cloudkms",
        "healthcare",
        "logging",
        "pubsub",
        "run",
        "secretmanager",
        "sqladmin",
        "storage",
    )
)


@dataclass(frozen=True)
class PerimeterArgs:
    """`projects` are numbers. Without `enforced` only the dry-run specification is written."""

    policy: pulumi.Input[str]
    perimeter: str
    projects: list[pulumi.Input[str]]
    access_levels: list[pulumi.Input[str]]
    enforced: bool


class Perimeter(pulumi.ComponentResource):
    name: pulumi.Output[str]

    def __init__(self, name: str, args: PerimeterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:perimeter:Perimeter", name, {}, opts)
        parent = pulumi.Output.concat("accessPolicies/", args.policy)
        members: list[pulumi.Input[str]] = [
            pulumi.Output.concat("projects/", number) for number in args.projects
        ]
        self.name = accesscontextmanager.ServicePerimeter(
            name,
            parent=parent,
            name=pulumi.Output.concat(parent, "/servicePerimeters/", args.perimeter),
            title=args.perimeter,
            perimeter_type="PERIMETER_TYPE_REGULAR",
            use_explicit_dry_run_spec=True,
            spec={
                "resources": members,
                "restricted_services": list(RESTRICTED),
                "access_levels": args.access_levels,
                "vpc_accessible_services": {
                    "enable_restriction": True,
                    "allowed_services": ["RESTRICTED-SERVICES"],
                },
            },
            status={
                "resources": members,
                "restricted_services": list(RESTRICTED),
                "access_levels": args.access_levels,
                "vpc_accessible_services": {
                    "enable_restriction": True,
                    "allowed_services": ["RESTRICTED-SERVICES"],
                },
            }
            if args.enforced
            else None,
            opts=pulumi.ResourceOptions(parent=self),
        ).name
        self.register_outputs({"name": self.name})
