"""The service perimeter of a cell; the cell alone writes it. Checks 49 to 54."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_gcp import accesscontextmanager

from infra.errors import ConfigError
from infra.perimeter.rules import EgressRule, IngressRule


def _named(*services: str) -> tuple[str, ...]:
    return tuple(f"{service}.googleapis.com" for service in services)


REQUIRED = _named("cloudkms", "healthcare", "pubsub", "run", "secretmanager", "sqladmin", "storage")
"""What check 51 wants restricted in every perimeter."""
RESTRICTED = _named(
    "artifactregistry",
    "bigquery",
    "binaryauthorization",
    "cloudbuild",
    "cloudkms",
    "cloudscheduler",
    "cloudtasks",
    "containeranalysis",
    "dns",
    "eventarc",
    "healthcare",
    "logging",
    "monitoring",
    "pubsub",
    "redis",
    "run",
    "secretmanager",
    "servicedirectory",
    "sqladmin",
    "storage",
)
"""All that the platform uses: https://cloud.google.com/vpc-service-controls/docs/supported-products"""
ACCESSIBLE = ("RESTRICTED-SERVICES",)
"""From networks inside, the restricted services alone (check 52)."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")


@dataclass(frozen=True)
class PerimeterArgs:
    """`projects` are numbers. Without `enforced` only the dry-run specification is written (checks 50, 54).

    `restricted` holds at least REQUIRED; `accessible` are the services that networks inside may reach.
    """

    policy: pulumi.Input[str]
    perimeter: str
    projects: list[pulumi.Input[str]]
    access_levels: list[pulumi.Input[str]]
    enforced: bool
    restricted: tuple[str, ...] = RESTRICTED
    accessible: tuple[str, ...] = ACCESSIBLE
    ingress: tuple[IngressRule, ...] = ()
    egress: tuple[EgressRule, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.perimeter):
            raise ConfigError("perimeter", self.perimeter, "1 to 50 of A-Z, a-z, 0-9 and _, a letter first")
        if missing := set(REQUIRED) - set(self.restricted):
            raise ConfigError("restricted", "without " + ", ".join(sorted(missing)), REQUIRED)
        if unknown := set(self.accessible) - {*ACCESSIBLE, *self.restricted}:
            raise ConfigError("accessible", ", ".join(sorted(unknown)), (*ACCESSIBLE, *self.restricted))
        titles = [rule.title for rule in (*self.ingress, *self.egress)]
        if twice := {title for title in titles if titles.count(title) > 1}:
            raise ConfigError("title", ", ".join(sorted(twice)), "one rule a title in a perimeter")

    def configuration(self) -> Any:
        """What is rehearsed and what is enforced: one and the same (check 54)."""
        rules = {
            "ingress_policies": [rule.described() for rule in self.ingress],
            "egress_policies": [rule.described() for rule in self.egress],
        }
        return {
            "resources": [pulumi.Output.concat("projects/", number) for number in self.projects],
            "restricted_services": list(self.restricted),
            "access_levels": self.access_levels,
            "vpc_accessible_services": {
                "enable_restriction": True,
                "allowed_services": list(self.accessible),
            },
            **{key: value for key, value in rules.items() if value},
        }


class Perimeter(pulumi.ComponentResource):
    """The only place that makes a ServicePerimeter, whole: no rule or member is a resource of its own."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: PerimeterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:perimeter:Perimeter", name, {}, opts)
        parent = pulumi.Output.concat("accessPolicies/", args.policy)
        self.name = accesscontextmanager.ServicePerimeter(
            name,
            parent=parent,
            name=pulumi.Output.concat(parent, "/servicePerimeters/", args.perimeter),
            title=args.perimeter,
            perimeter_type="PERIMETER_TYPE_REGULAR",
            use_explicit_dry_run_spec=True,
            spec=args.configuration(),
            status=args.configuration() if args.enforced else None,
            opts=pulumi.ResourceOptions(parent=self),
        ).name
        self.register_outputs({"name": self.name})
