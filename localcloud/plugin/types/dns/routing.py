"""Routing policies of record sets: flat in Terraform, in nested lists at Google's.

https://cloud.google.com/dns/docs/routing-policies-overview
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.plugin.kinds import Json

Address = Callable[[str], str]
"""A network's path as its full address."""


def encode(policy: Json | None, address: Address) -> Json | None:
    if not policy:
        return None
    sent: Json = {"healthCheck": policy["healthCheck"]} if policy.get("healthCheck") else {}
    if policy.get("wrrs"):
        sent["wrr"] = {"items": [_item(each, address) for each in policy["wrrs"]]}
    if policy.get("geos"):
        sent["geo"] = _geo(policy["geos"], policy.get("enableGeoFencing"), address)
    if policy.get("primaryBackup"):
        sent["primaryBackup"] = _primary_backup(policy["primaryBackup"], address)
    return sent


def _geo(items: list[Json], fencing: bool | None, address: Address) -> Json:
    return {"enableFencing": bool(fencing), "items": [_item(each, address) for each in items]}


def _primary_backup(policy: Json, address: Address) -> Json:
    return {
        "primaryTargets": _targets(policy.get("primary") or {}, address),
        "backupGeoTargets": _geo(
            policy.get("backupGeos") or [], policy.get("enableGeoFencingForBackups"), address
        ),
        **({"trickleTraffic": policy["trickleRatio"]} if policy.get("trickleRatio") else {}),
    }


def _item(item: Json, address: Address) -> Json:
    sent = {k: item[k] for k in ("location", "weight", "rrdatas") if item.get(k) not in (None, [])}
    if item.get("healthCheckedTargets"):
        sent["healthCheckedTargets"] = _targets(item["healthCheckedTargets"], address)
    return sent


def _targets(targets: Json, address: Address) -> Json:
    balancers = [_balancer(each, address) for each in targets.get("internalLoadBalancers") or []]
    endpoints = targets.get("externalEndpoints") or []
    return {
        **({"internalLoadBalancers": balancers} if balancers else {}),
        **({"externalEndpoints": endpoints} if endpoints else {}),
    }


def _balancer(balancer: Json, address: Address) -> Json:
    sent = {k: v for k, v in balancer.items() if v}
    return {**sent, "networkUrl": address(sent["networkUrl"])}


def decode(found: Any) -> Json | None:
    if not found:
        return None
    geo = found.get("geo") or {}
    return {
        "wrrs": _items((found.get("wrr") or {}).get("items")),
        "geos": _items(geo.get("items")),
        "enableGeoFencing": bool(geo.get("enableFencing")),
        "primaryBackup": _primary_backup_shown(found.get("primaryBackup")),
        "healthCheck": found.get("healthCheck", ""),
    }


def _primary_backup_shown(found: Json | None) -> Json | None:
    if not found:
        return None
    backups = found.get("backupGeoTargets") or {}
    return {
        "primary": found.get("primaryTargets"),
        "backupGeos": _items(backups.get("items")),
        "enableGeoFencingForBackups": bool(backups.get("enableFencing")),
        "trickleRatio": found.get("trickleTraffic", 0),
    }


def _items(items: list[Json] | None) -> list[Json]:
    return [{k: v for k, v in item.items() if k not in _UNSHOWN} for item in items or []]


_UNSHOWN = ("kind", "signatureRrdatas")
