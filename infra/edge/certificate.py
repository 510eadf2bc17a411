"""A managed wildcard certificate, proven by DNS and renewed by Google. Check 21.

https://cloud.google.com/certificate-manager/docs/dns-authorizations
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import certificatemanager

from infra.edge.domain import require_domain, require_name
from infra.site import Site


@dataclass(frozen=True)
class Challenge:
    """The CNAME that proves the domain: whoever writes the zone writes it too."""

    name: pulumi.Input[str]
    data: pulumi.Input[str]


@dataclass(frozen=True)
class CertificateArgs:
    """The certificate covers `domain` and every host one label below it."""

    site: Site
    domain: str
    name: str = "edge"

    def __post_init__(self) -> None:
        require_domain(self.domain)
        require_name("certificate.name", self.name)


class WildcardCertificate(pulumi.ComponentResource):
    """`map` as a target proxy takes it. A client that names no host of ours in TLS gets no certificate."""

    map: pulumi.Output[str]
    challenge: Challenge

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:WildcardCertificate", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        project, labels = args.site.project, dict(args.site.labels)
        # PER_PROJECT_RECORD: the paired site's project proves the same domain beside this one.
        proof = certificatemanager.DnsAuthorization(
            name,
            name=args.name,
            project=project,
            domain=args.domain,
            type="PER_PROJECT_RECORD",
            labels=labels,
            opts=child,
        )
        certificate = certificatemanager.Certificate(
            name,
            name=args.name,
            project=project,
            scope="DEFAULT",
            managed={"domains": [args.domain, f"*.{args.domain}"], "dns_authorizations": [proof.id]},
            labels=labels,
            opts=child,
        )
        chosen = certificatemanager.CertificateMap(
            name, name=args.name, project=project, labels=labels, opts=child
        )
        certificatemanager.CertificateMapEntry(
            name,
            name=args.name,
            project=project,
            map=chosen.name,
            hostname=f"*.{args.domain}",
            certificates=[certificate.id],
            labels=labels,
            opts=child,
        )
        record = proof.dns_resource_records[0]
        self.challenge = Challenge(record.name.apply(_text), record.data.apply(_text))
        self.map = pulumi.Output.concat("//certificatemanager.googleapis.com/", chosen.id)
        self.register_outputs({"map": self.map})


def _text(value: str | None) -> str:
    return value or ""
