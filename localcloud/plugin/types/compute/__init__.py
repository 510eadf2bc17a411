"""Compute Engine: https://cloud.google.com/compute/docs/reference/rest/beta"""

from __future__ import annotations

from localcloud.plugin.types.compute import (
    armor,
    backend,
    edge,
    firewallpolicy,
    groups,
    health,
    hybrid,
    instances,
    network,
    proxies,
    shared,
    urlmap,
    vpn,
)

KINDS = (
    *network.KINDS,
    *hybrid.KINDS,
    *vpn.KINDS,
    *firewallpolicy.KINDS,
    *armor.KINDS,
    *health.KINDS,
    *backend.KINDS,
    *urlmap.KINDS,
    *proxies.KINDS,
    *edge.KINDS,
    *instances.KINDS,
    *groups.KINDS,
    *shared.KINDS,
)
