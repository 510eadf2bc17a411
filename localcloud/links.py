"""What is Compute's own in the generic behaviour: links, ids, fingerprints, labels, uses."""

from __future__ import annotations

import json
import secrets
from typing import Any

from localcloud import operations
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.timestamps import stamp

_LABELLED = (
    "addresses",
    "forwardingRules",
    "securityPolicies",
    "instances",
    "disks",
    "images",
    "snapshots",
    "vpnTunnels",
    "interconnects",
    "interconnectAttachments",
    "vpnGateways",
    "externalVpnGateways",
)


def root(call: Call) -> str:
    return f"{call.base_url}/compute/{call.version or 'v1'}"


def fill(cloud: Cloud, call: Call, name: str, body: Json, fields: dict[str, Any], *, new: bool) -> None:
    parts = name.split("/")
    if new:
        body["id"] = str(secrets.randbelow(9 * 10**18) + 10**18)
        body["creationTimestamp"] = stamp(cloud.clock.now())
        body["selfLink"] = f"{root(call)}/{name}"
        if "selfLinkWithId" in fields:
            body["selfLinkWithId"] = f"{root(call)}/{'/'.join(parts[:-1])}/{body['id']}"
        if parts[2] in ("regions", "zones") and parts[2][:-1] in fields:
            body[parts[2][:-1]] = f"{root(call)}/{'/'.join(parts[:4])}"
    if parts[-2] in _LABELLED and new:
        body["labelFingerprint"] = fingerprint()
    body["fingerprint"] = fingerprint()


def fingerprint() -> str:
    from localcloud.generic import new_etag

    return new_etag()


def set_labels(cloud: Cloud, call: Call) -> Json:
    """`setLabels` of any Compute resource; a stale fingerprint is 412."""
    from localcloud.generic import load

    sent = call.body or {}
    with cloud.store.transaction():
        body = load(cloud, call.api, call.name)
        if sent.get("labelFingerprint") and sent["labelFingerprint"] != body.get("labelFingerprint"):
            raise ApiError(
                412,
                "Labels fingerprint either invalid or resource labels have changed",
                "FAILED_PRECONDITION",
                "conditionNotMet",
            )
        body["labels"] = sent.get("labels") or {}
        if not body["labels"]:
            del body["labels"]
        body["labelFingerprint"] = fingerprint()
        cloud.store.put(call.api, call.name, body)
    return operations.done(call, body)


def aggregated(cloud: Cloud, call: Call) -> Json:
    """`aggregatedList`: a collection over every region and zone."""
    collection = call.name.rpartition("/")[2]
    project = "/".join(call.name.split("/")[:2])
    items: dict[str, Json] = {}
    for name in cloud.store.names("compute", f"{project}/"):
        parts = name.split("/")
        if parts[-2] == collection:
            scope = "global" if parts[2] == "global" else "/".join(parts[2:4])
            items.setdefault(scope, {collection: []})[collection].append(cloud.store.get("compute", name))
    return {"kind": f"compute#{collection[:-1]}AggregatedList", "items": items}


def delete_default_routes(cloud: Cloud, network: str) -> None:
    """The routes that came with a network go with it."""
    project = "/".join(network.split("/")[:2])
    for name in cloud.store.names("compute", f"{project}/global/routes/default-route-"):
        if str((cloud.store.get("compute", name) or {}).get("network", "")).endswith(network):
            cloud.store.delete("compute", name)


def require_unused(cloud: Cloud, name: str) -> None:
    """A resource that another one points to cannot be deleted."""
    project = "/".join(name.split("/")[:2])
    for other in cloud.store.names("compute", f"{project}/"):
        if other == name or "/routes/default-route-" in other:
            continue
        text = json.dumps(cloud.store.get("compute", other))
        if f'{name}"' in text:
            raise ApiError(
                400,
                f"The {name.split('/')[-2]} resource '{name}' is already being used by '{other}'",
                "INVALID_ARGUMENT",
                "resourceInUseByAnotherResource",
            )
