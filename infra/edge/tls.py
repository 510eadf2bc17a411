"""What the load balancer speaks: TLS 1.3. Checks 18 and 19 (CIS 3.9).

https://cloud.google.com/load-balancing/docs/ssl-policies-concepts
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.edge.domain import require_name
from infra.errors import ConfigError
from infra.site import Site

VERSIONS = ("TLS_1_2", "TLS_1_3")


@dataclass(frozen=True)
class TlsArgs:
    """`minimum` TLS_1_2 only for clients that cannot do better: it keeps the RESTRICTED cipher suites."""

    site: Site
    name: str = "edge"
    minimum: str = "TLS_1_3"

    def __post_init__(self) -> None:
        require_name("tls.name", self.name)
        if self.minimum not in VERSIONS:
            raise ConfigError("tls.minimum", self.minimum, VERSIONS)


class TlsPolicy(pulumi.ComponentResource):
    """Profile RESTRICTED: Google accepts no other with TLS 1.3."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: TlsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:TlsPolicy", name, {}, opts)
        policy = compute.SSLPolicy(
            name,
            name=args.name,
            project=args.site.project,
            min_tls_version=args.minimum,
            profile="RESTRICTED",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = policy.id
        self.register_outputs({"id": self.id})
