"""The second site's part of the cell's network: a VPC is global, subnetworks are not. Checks 43, 44, 60."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import compute

from infra.network.ranges import require_range
from infra.network.subnet import subnetwork
from infra.site import Site


@dataclass(frozen=True)
class SecondSubnetArgs:
    """`network` by full name, in the site's project; `guests` are Cloud Run's agents of the projects that
    share it, by tenant. `addresses` must not overlap the first site's.
    """

    site: Site
    network: pulumi.Input[str]
    addresses: str
    guests: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_range("addresses", self.addresses)


class SecondSubnet(pulumi.ComponentResource):
    """`id` is what Cloud Run's interfaces at the second site use. Firewall and DNS are the network's."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: SecondSubnetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:recovery:SecondSubnet", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        subnet = subnetwork(
            f"{name}-run", args.site, args.network, f"run-{args.site.region}", args.addresses, child
        )
        for tenant, agent in args.guests.items():
            compute.SubnetworkIAMMember(
                f"{name}-{tenant}-run",
                project=args.site.project,
                region=args.site.region,
                subnetwork=subnet.name,
                role="roles/compute.networkUser",
                member=agent,
                opts=child,
            )
        self.id = subnet.id
        self.register_outputs({"id": self.id})
