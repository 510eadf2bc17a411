"""The public zone: signed (DNSSEC), logged (check 63), and only Google may issue certificates for it.

The parent zone delegates to `name_servers` and holds the DS record of the key signing key.
https://cloud.google.com/dns/docs/dnssec-config
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import dns

from infra.edge.domain import require_domain, require_name
from infra.site import Site

ISSUER = "pki.goog"
"""https://cloud.google.com/certificate-manager/docs/troubleshooting: Google's own authority."""
TTL_SECONDS = 300


@dataclass(frozen=True)
class ZoneArgs:
    site: Site
    domain: str
    name: str = "edge"

    def __post_init__(self) -> None:
        require_domain(self.domain)
        require_name("zone.name", self.name)


class PublicZone(pulumi.ComponentResource):
    """`name` for the records, `name_servers` for the parent zone."""

    name: pulumi.Output[str]
    name_servers: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:PublicZone", name, {}, opts)
        zone = dns.ManagedZone(
            name,
            name=args.name,
            dns_name=f"{args.domain}.",
            description="Hosts of the tenants",
            project=args.site.project,
            visibility="public",
            dnssec_config={
                "state": "on",
                "non_existence": "nsec3",
                "default_key_specs": [_key("keySigning"), _key("zoneSigning")],
            },
            cloud_logging_config={"enable_logging": True},
            labels=dict(args.site.labels),
            opts=args.site.guard(self),
        )
        self.name, self.name_servers = zone.name, zone.name_servers
        dns.RecordSet(
            f"{name}-caa",
            name=f"{args.domain}.",
            project=args.site.project,
            managed_zone=zone.name,
            type="CAA",
            ttl=TTL_SECONDS,
            rrdatas=[f'0 issue "{ISSUER}"', f'0 issuewild "{ISSUER}"'],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.name, "nameServers": self.name_servers})


def _key(kind: str) -> dns.ManagedZoneDnssecConfigDefaultKeySpecArgsDict:
    return {"algorithm": "ecdsap256sha256", "key_type": kind, "key_length": 256}
