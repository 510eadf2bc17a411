"""Where the hosts point: to the active site; on request to a standby when the active one fails its check.

Which site is active is an argument: promotion is a change of config that previews as such. Failover by health
check is off by default, because a standby whose database is not promoted must not take writes.
https://cloud.google.com/dns/docs/routing-policies-overview
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_gcp import compute, dns

from infra.edge.certificate import Challenge
from infra.edge.domain import require_domain, require_host
from infra.errors import ConfigError
from infra.site import Site

TTL_SECONDS = 60
"""How long a client may go to the old site after a promotion."""


@dataclass(frozen=True)
class SiteAddresses:
    """One site's edge: its region and the two addresses of its load balancer."""

    region: str
    ipv4: pulumi.Input[str]
    ipv6: pulumi.Input[str]


@dataclass(frozen=True)
class FailoverCheck:
    """HTTPS to `host` and `path` every 30 s from `regions`: three of the jurisdiction, as Google wants."""

    regions: tuple[str, str, str]
    host: str
    path: str = "/health"


@dataclass(frozen=True)
class RecordsArgs:
    """`sites` by name, of which `active` takes the requests; `challenges` prove the domain for each."""

    site: Site
    zone: pulumi.Input[str]
    domain: str
    sites: Mapping[str, SiteAddresses]
    active: str
    check: FailoverCheck | None = None
    challenges: Mapping[str, Challenge] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_domain(self.domain)
        if self.active not in self.sites:
            raise ConfigError("records.active", self.active, self.sites)
        for name, place in self.sites.items():
            require_host("records.sites", name)
            self.site.jurisdiction.require(place.region, f"records.sites.{name}")
        if self.check:
            self._require_check(self.check)

    def _require_check(self, check: FailoverCheck) -> None:
        if len(self.sites) < 2:
            raise ConfigError("records.check", "given", "two sites or more to choose from")
        if len(set(check.regions)) != 3:
            raise ConfigError("records.check.regions", list(check.regions), "three different regions")
        for region in check.regions:
            self.site.jurisdiction.require(region, "records.check.regions")


class SiteRecords(pulumi.ComponentResource):
    """A and AAAA of every host, and the proofs of the certificates."""

    def __init__(self, name: str, args: RecordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:SiteRecords", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        check = self._check(args.check) if args.check else None
        for kind, version in (("A", "ipv4"), ("AAAA", "ipv6")):
            found = {each: getattr(place, version) for each, place in args.sites.items()}
            self._record(kind.lower(), f"*.{args.domain}.", kind, self._target(found, check))
        for each, challenge in args.challenges.items():
            proof = {"rrdatas": [challenge.data]}
            self._record(f"challenge-{each}", challenge.name, "CNAME", proof)
        self.register_outputs({})

    def _target(
        self, addresses: dict[str, pulumi.Input[str]], check: compute.HealthCheck | None
    ) -> dict[str, Any]:
        active = addresses.pop(self._args.active)
        if check is None:
            return {"rrdatas": [active]}
        standby = [
            {
                "location": self._args.sites[name].region,
                "health_checked_targets": {"external_endpoints": [address]},
            }
            for name, address in addresses.items()
        ]
        primary = {"external_endpoints": [active]}
        return {
            "routing_policy": {
                "health_check": check.id,
                "primary_backup": {"primary": primary, "backup_geos": standby},
            }
        }

    def _record(self, suffix: str, name: pulumi.Input[str], kind: str, target: dict[str, Any]) -> None:
        dns.RecordSet(
            f"{self._name}-{suffix}",
            name=name,
            project=self._args.site.project,
            managed_zone=self._args.zone,
            type=kind,
            ttl=TTL_SECONDS,
            opts=self._child,
            **target,
        )

    def _check(self, check: FailoverCheck) -> compute.HealthCheck:
        return compute.HealthCheck(
            f"{self._name}-failover",
            name=f"{self._name}-failover",
            project=self._args.site.project,
            source_regions=list(check.regions),
            check_interval_sec=30,
            timeout_sec=5,
            healthy_threshold=2,
            unhealthy_threshold=3,
            https_health_check={"port": 443, "host": check.host, "request_path": check.path},
            log_config={"enable": True},
            opts=self._child,
        )
