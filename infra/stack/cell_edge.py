"""A site's edge: the load balancer of its tenants' hosts, the public zone, the hospitals' own ways in."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.config import CellConfig
from infra.edge.adapter import AdapterArgs
from infra.edge.certificate import Challenge
from infra.edge.edge import DedicatedHost, Edge, EdgeArgs, PairedSite, Publication
from infra.edge.mllp import MllpArgs
from infra.edge.records import SiteAddresses
from infra.edge.vpn import VpnArgs
from infra.errors import ConfigError
from infra.kms.grants import GrantArgs, KeyGrants
from infra.site import Site
from infra.stack.cell_keys import Keys
from infra.stack.housing import Housing
from infra.stack.upstream import Upstream


def build(
    config: CellConfig, site: Site, housing: Housing, keys: Keys, first: Upstream | None
) -> dict[str, Any]:
    """`ipv4`, `ipv6`, `challenge` and `certificateMap` are what the paired site takes.

    Both sites' edges stand in one project, which proves the domain once: the certificate is the first's.
    """
    assert config.domain
    edge = Edge(
        "edge",
        EdgeArgs(
            site,
            config.domain,
            _publication(config, first) if config.publishes else None,
            tuple(
                DedicatedHost(
                    tenant, Site(guest.project, config.region, config.jurisdiction, config.protected)
                )
                for tenant, guest in housing.guests.items()
            ),
            mllp=_mllp(config, site, housing, keys),
            vpns=_vpns(config, site, housing),
            name="edge" if first is None else f"edge-{config.site}",
            certificate_map=first.entry("edge", "certificateMap") if first else None,
        ),
        pulumi.ResourceOptions(depends_on=list(housing.home.ready)),
    )
    return {
        "domain": config.domain,
        "ipv4": edge.addresses.ipv4,
        "ipv6": edge.addresses.ipv6,
        "certificateMap": edge.certificate_map,
        "challenge": {"name": edge.challenge.name, "data": edge.challenge.data} if edge.challenge else None,
        "nameServers": edge.zone.name_servers if edge.zone else None,
        "mllp": edge.mllp.address if edge.mllp else None,
        "vpns": {hospital: vpn.addresses for hospital, vpn in edge.vpns.items()},
    }


def _publication(config: CellConfig, first: Upstream | None) -> Publication:
    if first is None:
        return Publication(config.site, config.active_site or "")
    assert config.paired_site and config.paired_region
    proof = first.entry("edge", "challenge")
    paired = PairedSite(
        SiteAddresses(config.paired_region, first.entry("edge", "ipv4"), first.entry("edge", "ipv6")),
        Challenge(proof["name"], proof["data"]),
    )
    return Publication(config.site, config.active_site or config.paired_site, {config.paired_site: paired})


def _mllp(config: CellConfig, site: Site, housing: Housing, keys: Keys) -> MllpArgs | None:
    if config.mllp is None:
        return None
    hospitals = {name: tuple(ranges) for name, ranges in config.mllp["hospitals"].items()}
    disks = KeyGrants("mllp-disks", GrantArgs(keys.ring.keys["data"].id, {"compute": _compute(housing)}))
    adapter = AdapterArgs(
        site,
        str(config.mllp["image"]),
        keys.ring.keys["data"].id,
        housing.subnetwork,
        depends_on=tuple(disks.grants.values()),
    )
    exposure = config.mllp.get("exposure", "INTERNAL")
    if exposure not in ("EXTERNAL", "INTERNAL"):
        raise ConfigError("careplane:mllp.exposure", exposure, ("EXTERNAL", "INTERNAL"))
    return MllpArgs(site, housing.network, adapter, hospitals, exposure)


def _compute(housing: Housing) -> pulumi.Output[str]:
    """Compute Engine's agent: https://cloud.google.com/compute/docs/access/service-agents"""
    number = housing.home.number
    return pulumi.Output.concat("serviceAccount:service-", number, "@compute-system.iam.gserviceaccount.com")


def _vpns(config: CellConfig, site: Site, housing: Housing) -> tuple[VpnArgs, ...]:
    if config.vpns and config.vpn_secrets is None:
        raise ConfigError("careplane:vpnSecrets", None, "a secret mapping: two shared secrets a hospital")
    return tuple(_vpn(config, each, site, housing) for each in config.vpns)


def _vpn(config: CellConfig, given: Any, site: Site, housing: Housing) -> VpnArgs:
    name, secrets = str(given["name"]), config.vpn_secrets
    assert secrets is not None
    first, second = (_secret(secrets, name, number) for number in (0, 1))
    one, two = given["links"]
    return VpnArgs(
        site,
        housing.network,
        name,
        tuple(given["peers"]),
        int(given["asn"]),
        (first, second),
        (one, two),
        (config.subnet,),
        tuple(given["ranges"]),
    )


def _secret(secrets: pulumi.Output[Any], hospital: str, number: int) -> pulumi.Output[str]:
    return secrets.apply(lambda found: str(found[hospital][number]))
