"""Every DNS query of the network is logged. Check 63 (CIS 2.12)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import dns

from infra.site import Site


@dataclass(frozen=True)
class QueryLoggingArgs:
    """A network belongs to one policy at most: `name` is the only one's."""

    site: Site
    network: pulumi.Input[str]
    name: str = "query-logging"
    depends_on: tuple[pulumi.Resource, ...] = ()


class QueryLogging(pulumi.ComponentResource):
    """Inbound forwarding stays off: nobody outside resolves our private names."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: QueryLoggingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:network:QueryLogging", name, {}, opts)
        policy = dns.Policy(
            name,
            name=args.name,
            description="Logs every query of the network",
            project=args.site.project,
            enable_logging=True,
            enable_inbound_forwarding=False,
            networks=[{"network_url": args.network}],
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.id = policy.id
        self.register_outputs({"id": self.id})
