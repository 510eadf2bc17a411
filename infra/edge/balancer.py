"""The global external Application Load Balancer: one URL map, HTTPS on 443, IPv4 and IPv6. Checks 19 to 21.

https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.edge.domain import require_domain, require_host, require_name
from infra.edge.redirect import Redirect, RedirectArgs
from infra.errors import ConfigError
from infra.site import Site

SCHEME = "EXTERNAL_MANAGED"
VERSIONS = ("IPV4", "IPV6")


@dataclass(frozen=True)
class HostBackend:
    """The `tenant`'s host goes to a backend service of its own, which may lie in another project."""

    tenant: str
    backend: pulumi.Input[str]


@dataclass(frozen=True)
class BalancerArgs:
    """`backend` takes every host of `domain` but those of `hosts`."""

    site: Site
    domain: str
    backend: pulumi.Input[str]
    certificate_map: pulumi.Input[str]
    tls_policy: pulumi.Input[str]
    hosts: tuple[HostBackend, ...] = ()
    name: str = "edge"

    def __post_init__(self) -> None:
        require_domain(self.domain)
        require_name("balancer.name", self.name)
        tenants = [require_host("balancer.hosts", each.tenant) for each in self.hosts]
        if len(set(tenants)) < len(tenants):
            raise ConfigError("balancer.hosts", tenants, "each host once")


class Balancer(pulumi.ComponentResource):
    """`addresses` by IP version (`IPV4`, `IPV6`). They outlive everything else: clients pin them."""

    addresses: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: BalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:Balancer", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.addresses = {version: self._address(version) for version in VERSIONS}
        proxy = compute.TargetHttpsProxy(
            name,
            name=args.name,
            project=args.site.project,
            url_map=self._url_map().id,
            certificate_map=args.certificate_map,
            ssl_policy=args.tls_policy,
            # 0-RTT data can be replayed, and a replayed POST is a second record.
            tls_early_data="DISABLED",
            opts=self._child,
        )
        for version, address in self.addresses.items():
            self._rule(version, address, proxy.id)
        Redirect(
            f"{name}-redirect", RedirectArgs(args.site, self.addresses, f"{args.name}-redirect"), self._child
        )
        self.register_outputs({"addresses": self.addresses})

    def _address(self, version: str) -> pulumi.Output[str]:
        return compute.GlobalAddress(
            f"{self._name}-{version.lower()}",
            name=f"{self._args.name}-{version.lower()}",
            project=self._args.site.project,
            address_type="EXTERNAL",
            ip_version=version,
            labels=dict(self._args.site.labels),
            opts=self._args.site.guard(self),
        ).address

    def _url_map(self) -> compute.URLMap:
        """A foreign host falls to the shared backend, whose security policy refuses it."""
        args = self._args
        own: list[compute.URLMapPathMatcherArgsDict] = [
            {"name": f"tenant-{each.tenant}", "default_service": each.backend} for each in args.hosts
        ]
        rules: list[compute.URLMapHostRuleArgsDict] = [
            {"hosts": [f"{each.tenant}.{args.domain}"], "path_matcher": f"tenant-{each.tenant}"}
            for each in args.hosts
        ]
        return compute.URLMap(
            self._name,
            name=args.name,
            project=args.site.project,
            default_service=args.backend,
            host_rules=[{"hosts": [f"*.{args.domain}"], "path_matcher": "tenants"}, *rules],
            path_matchers=[{"name": "tenants", "default_service": args.backend}, *own],
            opts=self._child,
        )

    def _rule(self, version: str, address: pulumi.Input[str], target: pulumi.Input[str]) -> None:
        compute.GlobalForwardingRule(
            f"{self._name}-{version.lower()}",
            name=f"{self._args.name}-https-{version.lower()}",
            project=self._args.site.project,
            load_balancing_scheme=SCHEME,
            ip_address=address,
            ip_protocol="TCP",
            port_range="443",
            target=target,
            labels=dict(self._args.site.labels),
            opts=self._child,
        )
