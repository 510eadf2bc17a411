"""Shared VPC: dedicated tenants' projects use the cell's network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.organization.project import Project
from infra.site import Site


@dataclass(frozen=True)
class SharedArgs:
    """`guests` are the projects that use the host's `subnetwork`, by tenant."""

    site: Site
    subnetwork: pulumi.Input[str]
    guests: Mapping[str, Project]
    depends_on: tuple[pulumi.Resource, ...] = ()


class SharedNetwork(pulumi.ComponentResource):
    def __init__(self, name: str, args: SharedArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:network:SharedNetwork", name, {}, opts)
        host = compute.SharedVPCHostProject(
            name,
            project=args.site.project,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        for tenant, guest in args.guests.items():
            attached = compute.SharedVPCServiceProject(
                f"{name}-{tenant}",
                host_project=host.project,
                service_project=guest.project,
                opts=pulumi.ResourceOptions(parent=self, depends_on=guest.ready),
            )
            # Cloud Run puts an interface of the guest's service into the host's subnet.
            compute.SubnetworkIAMMember(
                f"{name}-{tenant}-run",
                project=args.site.project,
                region=args.site.region,
                subnetwork=args.subnetwork,
                role="roles/compute.networkUser",
                member=guest.agents["run"],
                opts=pulumi.ResourceOptions(parent=self, depends_on=[attached]),
            )
        self.register_outputs({})
