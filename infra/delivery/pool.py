"""A private pool of Cloud Build workers: in our network, without an address that the Internet can reach.

https://cloud.google.com/build/docs/private-pools/private-pools-overview
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
from pulumi_gcp import cloudbuild

from infra.errors import ConfigError
from infra.site import Site


@dataclass(frozen=True)
class BuildPoolArgs:
    """`network` names its project by number (Google's rule): projects/123/global/networks/NAME.

    `ip_range` is the size of the block that the workers take from private service access, such as /29.
    `depends_on` holds the private services connection.
    """

    site: Site
    pool: str
    network: pulumi.Input[str]
    ip_range: str = "/29"
    machine_type: str = "e2-standard-4"
    disk_gib: int = 100
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.network, str):
            _numbered(self.network)
        if not re.fullmatch(r"/(1[6-9]|2\d)", self.ip_range):
            raise ConfigError("ip_range", self.ip_range, "/16 to /29")
        if not 100 <= self.disk_gib <= 4000:
            raise ConfigError("disk_gib", self.disk_gib, "100 to 4000")


class BuildPool(pulumi.ComponentResource):
    """`id` is its full name."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: BuildPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:delivery:BuildPool", name, {}, opts)
        pool = cloudbuild.WorkerPool(
            name,
            name=args.pool,
            project=args.site.project,
            location=args.site.region,
            worker_config={
                "machine_type": args.machine_type,
                "disk_size_gb": args.disk_gib,
                "no_external_ip": True,
            },
            network_config={
                "peered_network": pulumi.Output.from_input(args.network).apply(_numbered),
                "peered_network_ip_range": args.ip_range,
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.id = pool.id
        self.register_outputs({"id": self.id})


def _numbered(network: str) -> str:
    if not re.fullmatch(r"projects/\d+/global/networks/[a-z0-9-]+", network):
        raise ConfigError("network of a build pool", network, "projects/NUMBER/global/networks/NAME")
    return network
