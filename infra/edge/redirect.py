"""HTTP on port 80 answers one thing: the same address with HTTPS, for good (301). Check 20."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.edge.domain import require_name
from infra.site import Site


@dataclass(frozen=True)
class RedirectArgs:
    """`addresses` by IP version, those of the HTTPS load balancer."""

    site: Site
    addresses: Mapping[str, pulumi.Input[str]]
    name: str = "edge-redirect"

    def __post_init__(self) -> None:
        require_name("redirect.name", self.name)


class Redirect(pulumi.ComponentResource):
    """No backend: a request's body is never read."""

    def __init__(self, name: str, args: RedirectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:Redirect", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        urls = compute.URLMap(
            name,
            name=args.name,
            project=args.site.project,
            default_url_redirect={
                "https_redirect": True,
                "redirect_response_code": "MOVED_PERMANENTLY_DEFAULT",
                "strip_query": False,
            },
            opts=child,
        )
        proxy = compute.TargetHttpProxy(
            name, name=args.name, project=args.site.project, url_map=urls.id, opts=child
        )
        for version, address in args.addresses.items():
            compute.GlobalForwardingRule(
                f"{name}-{version.lower()}",
                name=f"{args.name}-{version.lower()}",
                project=args.site.project,
                load_balancing_scheme="EXTERNAL_MANAGED",
                ip_address=address,
                ip_protocol="TCP",
                port_range="80",
                target=proxy.id,
                labels=dict(args.site.labels),
                opts=child,
            )
        self.register_outputs({})
