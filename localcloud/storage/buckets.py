"""Buckets: defaults, retention locks and the key that protects what is in them."""

from __future__ import annotations

import re
from urllib.parse import quote

from localcloud import cmek, generic, projects
from localcloud.agents import agent
from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.storage.errors import no_bucket
from localcloud.timestamps import stamp

API = "storage"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_MULTI = ("US", "EU", "ASIA")
_CLASSES = (
    "STANDARD",
    "NEARLINE",
    "COLDLINE",
    "ARCHIVE",
    "MULTI_REGIONAL",
    "REGIONAL",
    "DURABLE_REDUCED_AVAILABILITY",
)


def quoted(name: str) -> str:
    return quote(name, safe="")


def load(cloud: Cloud, name: str) -> Json:
    bucket = cloud.store.get(API, f"b/{name}")
    if bucket is None:
        raise no_bucket(name)
    return bucket


def new(cloud: Cloud, project: str, given: Json) -> Json:
    """A bucket with Google's defaults around what was asked for."""
    name = given.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or "goog" in name[:4]:
        raise ApiError(400, f"Invalid bucket name: '{name}'", reason="invalid")
    location = str(given.get("location") or "US").upper()
    now = stamp(cloud.clock.now())
    bucket: Json = {
        "storageClass": "STANDARD",
        "softDeletePolicy": {"retentionDurationSeconds": "604800"},
        **given,
        "kind": "storage#bucket",
        "id": name,
        "location": location,
        "locationType": _location_type(location),
        "projectNumber": projects.number(cloud, project),
        "metageneration": "1",
        "generation": "1",
        "timeCreated": now,
        "updated": now,
        "etag": generic.new_etag(),
        "selfLink": f"{cloud.settings.url('storage')}/storage/v1/b/{name}",
    }
    bucket.setdefault("iamConfiguration", {})
    access = bucket["iamConfiguration"]
    access.setdefault("uniformBucketLevelAccess", {"enabled": False})
    access.setdefault("publicAccessPrevention", "inherited")
    finish(cloud, None, bucket)
    return bucket


def _location_type(location: str) -> str:
    if location in _MULTI:
        return "multi-region"
    return "dual-region" if re.fullmatch(r"[A-Z]+\d+", location) else "region"


def finish(cloud: Cloud, old: Json | None, bucket: Json) -> None:
    """Checks and computed fields that create and change share."""
    if bucket["storageClass"] not in _CLASSES:
        raise ApiError(
            400,
            f"Invalid storage class {bucket['storageClass']!r}; allowed: {', '.join(_CLASSES)}.",
            reason="invalid",
        )
    _check_retention(old or {}, bucket)
    policy = bucket.get("retentionPolicy")
    if policy:
        before = (old or {}).get("retentionPolicy") or {}
        policy.setdefault("effectiveTime", before.get("effectiveTime") or stamp(cloud.clock.now()))
        policy["retentionPeriod"] = str(policy["retentionPeriod"])
    soft = bucket.get("softDeletePolicy")
    if soft and int(soft.get("retentionDurationSeconds") or 0):
        soft.setdefault("effectiveTime", stamp(cloud.clock.now()))
    if default_key(bucket) and default_key(bucket) != default_key(old or {}):
        _require_key(cloud, bucket, default_key(bucket) or "")


def _check_retention(old: Json, new: Json) -> None:
    """A locked policy may only grow; Google has no way around it."""
    before, after = old.get("retentionPolicy") or {}, new.get("retentionPolicy") or {}
    if after and not 0 < int(after.get("retentionPeriod") or 0) < 3155760001:
        raise ApiError(
            400, "retentionPolicy.retentionPeriod must be between 1 and 3155760000 seconds.", reason="invalid"
        )
    if not before.get("isLocked"):
        return
    if int(after.get("retentionPeriod") or 0) < int(before["retentionPeriod"]):
        raise ApiError(
            403,
            f"Cannot reduce retention duration of a locked Retention Policy for bucket '{old['name']}'.",
            reason="forbidden",
        )
    after["isLocked"] = True


def default_key(bucket: Json) -> str | None:
    return (bucket.get("encryption") or {}).get("defaultKmsKeyName")


def _require_key(cloud: Cloud, bucket: Json, key: str) -> str:
    member = f"serviceAccount:{agent(API, str(bucket['projectNumber']))}"
    return cmek.require_key(cloud, key, bucket["location"], member)


def encrypting_version(cloud: Cloud, bucket: Json, key: str | None) -> str | None:
    """The key version that a new object is encrypted with: the caller's key, else the bucket's."""
    chosen = key or default_key(bucket)
    return _require_key(cloud, bucket, chosen) if chosen else None


def require_readable(cloud: Cloud, body: Json) -> None:
    """Refuse if the object's own key version cannot be used now."""
    if body.get("kmsKeyName"):
        bucket = load(cloud, body["bucket"])
        member = f"serviceAccount:{agent(API, str(bucket['projectNumber']))}"
        cmek.require_version(cloud, body["kmsKeyName"], member)
