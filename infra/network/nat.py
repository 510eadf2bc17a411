"""Cloud NAT, for named exceptions only: without a route to a range nothing reaches the gateway.

Every translation is logged, failures too. https://cloud.google.com/nat/docs/monitoring
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.errors import ConfigError
from infra.site import Site


@dataclass(frozen=True)
class NatArgs:
    """`subnetworks` are the only ones translated. `addresses` fixed ones, for a peer that lists its callers.

    Without `addresses` Google allocates them. `ports` is the least number a machine gets (default 64).
    """

    site: Site
    network: pulumi.Input[str]
    subnetworks: tuple[pulumi.Input[str], ...]
    addresses: tuple[pulumi.Input[str], ...] = ()
    ports: int = 64
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if not self.subnetworks:
            raise ConfigError("nat.subnetworks", None, "at least one subnetwork")
        if not 32 <= self.ports <= 65536:
            raise ConfigError("nat.ports", self.ports, "32 to 65536")


class Nat(pulumi.ComponentResource):
    """`router` is the Cloud Router that carries it."""

    router: pulumi.Output[str]

    def __init__(self, name: str, args: NatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:network:Nat", name, {}, opts)
        router = compute.Router(
            name,
            name="nat",
            project=args.site.project,
            region=args.site.region,
            network=args.network,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        compute.RouterNat(
            name,
            name="exceptions",
            project=args.site.project,
            region=args.site.region,
            router=router.name,
            nat_ip_allocate_option="MANUAL_ONLY" if args.addresses else "AUTO_ONLY",
            nat_ips=list(args.addresses) or None,
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                {"name": subnetwork, "source_ip_ranges_to_nats": ["ALL_IP_RANGES"]}
                for subnetwork in args.subnetworks
            ],
            min_ports_per_vm=args.ports,
            enable_endpoint_independent_mapping=False,
            log_config={"enable": True, "filter": "ALL"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.router = router.name
        self.register_outputs({"router": self.router})
