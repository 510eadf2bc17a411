"""Names that end at the restricted VIP: Google's APIs inside the perimeter only (check 55)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import dns

from infra.site import Site

ADDRESSES = ["199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"]
ZONES = {"googleapis": "googleapis.com.", "pkg-dev": "pkg.dev."}


@dataclass(frozen=True)
class DnsArgs:
    site: Site
    network: pulumi.Input[str]
    depends_on: tuple[pulumi.Resource, ...] = ()


class RestrictedDns(pulumi.ComponentResource):
    """One private zone a domain: an address at `restricted.` or the apex, every other name an alias."""

    def __init__(self, name: str, args: DnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:network:RestrictedDns", name, {}, opts)
        self._name, self._args = name, args
        for zone, domain in ZONES.items():
            self._zone(zone, domain)
        self.register_outputs({})

    def _zone(self, zone: str, domain: str) -> None:
        private = dns.ManagedZone(
            f"{self._name}-{zone}",
            name=zone,
            project=self._args.site.project,
            dns_name=domain,
            visibility="private",
            private_visibility_config={"networks": [{"network_url": self._args.network}]},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.depends_on)),
        )
        target = f"restricted.{domain}" if zone == "googleapis" else domain
        self._record(private, f"{zone}-a", target, "A", ADDRESSES)
        self._record(private, f"{zone}-cname", f"*.{domain}", "CNAME", [target])

    def _record(self, zone: dns.ManagedZone, suffix: str, name: str, kind: str, data: list[str]) -> None:
        dns.RecordSet(
            f"{self._name}-{suffix}",
            name=name,
            project=self._args.site.project,
            managed_zone=zone.name,
            type=kind,
            ttl=300,
            rrdatas=data,
            opts=pulumi.ResourceOptions(parent=self),
        )
