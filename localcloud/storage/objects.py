"""Objects: generations, overwriting, deleting, soft delete, holds and retention."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta

import google_crc32c

from localcloud import generic
from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.storage import buckets, generations, tables
from localcloud.storage.conditions import Conditions
from localcloud.storage.errors import held, no_object, retained
from localcloud.storage.generations import Stored
from localcloud.timestamps import parse, stamp

_SERVER_SET = {
    "kind",
    "id",
    "selfLink",
    "mediaLink",
    "generation",
    "metageneration",
    "size",
    "timeCreated",
    "updated",
    "etag",
    "bucket",
    "owner",
    "timeDeleted",
    "componentCount",
    "softDeleteTime",
    "hardDeleteTime",
    "timeStorageClassUpdated",
    "timeFinalized",
    "retentionExpirationTime",
    "kmsKeyName",
}


def digests(data: bytes) -> Json:
    return {
        "md5Hash": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
        "crc32c": base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode(),
    }


def insert(
    cloud: Cloud,
    bucket_name: str,
    name: str,
    data: bytes,
    given: Json,
    conditions: Conditions,
    key: str | None = None,
) -> Json:
    """A new generation; the one before it becomes noncurrent, soft-deleted or is gone."""
    _check_name(name)
    bucket = buckets.load(cloud, bucket_name)
    computed = digests(data)
    for field in ("md5Hash", "crc32c"):
        if given.get(field) and given[field] != computed[field]:
            raise ApiError(
                400,
                f'Provided {field} "{given[field]}" doesn\'t match calculated {field} "{computed[field]}".',
                reason="invalid",
            )
    version = buckets.encrypting_version(cloud, bucket, key)
    blob = tables.write_blob(cloud, bucket_name, data)
    try:
        with tables.transaction(cloud):
            old = generations.find(cloud, bucket_name, name)
            conditions.require(old.body if old else None)
            gone = _retire(cloud, bucket, old, overwrite=True) if old else []
            body = _new_body(cloud, bucket, name, len(data), given, computed)
            if version:
                body["kmsKeyName"] = version
            generations.put(cloud, body, blob, tables.LIVE)
    except BaseException:
        tables.blob_path(cloud, bucket_name, blob).unlink(missing_ok=True)
        raise
    generations.discard(cloud, gone)
    return body


def _check_name(name: str) -> None:
    if not name or len(name.encode()) > 1024 or "\n" in name or "\r" in name or name in (".", ".."):
        raise ApiError(
            400, f"Invalid object name {name!r}: 1 to 1024 bytes without line breaks.", reason="invalid"
        )


def _new_body(cloud: Cloud, bucket: Json, name: str, size: int, given: Json, computed: Json) -> Json:
    now = cloud.clock.now()
    base = f"{cloud.settings.url('storage')}"
    quoted = buckets.quoted(name)
    generation = str(
        generations.next_generation(cloud, bucket["name"], name, int(now.timestamp() * 1_000_000))
    )
    kept = {key: value for key, value in given.items() if key not in _SERVER_SET and value is not None}
    body: Json = {
        "storageClass": bucket.get("storageClass", "STANDARD"),
        "contentType": "application/octet-stream",
        **kept,
        **computed,
        "kind": "storage#object",
        "name": name,
        "bucket": bucket["name"],
        "generation": generation,
        "id": f"{bucket['name']}/{name}/{generation}",
        "metageneration": "1",
        "size": str(size),
        "etag": generic.new_etag(),
        "timeCreated": stamp(now),
        "updated": stamp(now),
        "timeFinalized": stamp(now),
        "timeStorageClassUpdated": stamp(now),
        "selfLink": f"{base}/storage/v1/b/{bucket['name']}/o/{quoted}",
        "mediaLink": f"{base}/download/storage/v1/b/{bucket['name']}/o/{quoted}"
        f"?generation={generation}&alt=media",
    }
    if bucket.get("defaultEventBasedHold"):
        body.setdefault("eventBasedHold", True)
    return body


def delete(cloud: Cloud, bucket_name: str, name: str, generation: str | None, conditions: Conditions) -> None:
    """The live object becomes noncurrent or soft-deleted; a named generation goes, as far as it may."""
    bucket = buckets.load(cloud, bucket_name)
    with tables.transaction(cloud):
        found = generations.find(cloud, bucket_name, name, generation)
        if found is None:
            raise no_object(bucket_name, name)
        conditions.require(found.body)
        gone = _retire(cloud, bucket, found, overwrite=generation is None)
    generations.discard(cloud, gone)


def _retire(cloud: Cloud, bucket: Json, stored: Stored, *, overwrite: bool) -> list[Stored]:
    """Take a version out of sight; `overwrite` keeps it as noncurrent where the bucket has versions.

    Answers what is to be discarded once the change is on disk.
    """
    now = cloud.clock.now()
    if overwrite and (bucket.get("versioning") or {}).get("enabled"):
        generations.put(cloud, {**stored.body, "timeDeleted": stamp(now)}, stored.blob, tables.NONCURRENT)
        return []
    require_deletable(cloud, bucket, stored.body)
    days = int((bucket.get("softDeletePolicy") or {}).get("retentionDurationSeconds") or 0)
    if days:
        body = {
            **stored.body,
            "softDeleteTime": stamp(now),
            "hardDeleteTime": stamp(now + timedelta(seconds=days)),
        }
        generations.put(cloud, body, stored.blob, tables.SOFT_DELETED)
        return []
    generations.forget(cloud, [stored])
    return [stored]


def require_deletable(cloud: Cloud, bucket: Json, body: Json) -> None:
    """Holds and retention stand in the way of whoever asks."""
    if body.get("temporaryHold") or body.get("eventBasedHold"):
        raise held(body["bucket"], body["name"])
    until = [retention_end(bucket, body), (body.get("retention") or {}).get("retainUntilTime")]
    for end in until:
        if end and parse(end) > cloud.clock.now():
            raise retained(body["bucket"], body["name"], end)


def retention_end(bucket: Json, body: Json) -> str | None:
    period = (bucket.get("retentionPolicy") or {}).get("retentionPeriod")
    if not period or body.get("eventBasedHold"):
        return None
    return stamp(parse(body["timeCreated"]) + timedelta(seconds=int(period)))


def restore(cloud: Cloud, bucket_name: str, name: str, generation: str, conditions: Conditions) -> Json:
    """A soft-deleted generation lives again, as a new generation."""
    stored = generations.load(cloud, bucket_name, name, generation, soft=True)
    data = read(cloud, stored)
    kept = {
        k: v for k, v in stored.body.items() if k not in ("softDeleteTime", "hardDeleteTime", "timeDeleted")
    }
    return insert(cloud, bucket_name, name, data, kept, conditions)


def read(cloud: Cloud, stored: Stored) -> bytes:
    """The bytes, if the key that protects them may be used now."""
    buckets.require_readable(cloud, stored.body)
    return tables.blob_path(cloud, stored.body["bucket"], stored.blob).read_bytes()


def change(cloud: Cloud, stored: Stored, body: Json) -> Json:
    """Store changed metadata under the next metageneration."""
    kept = {
        key: stored.body[key] for key in _SERVER_SET | {"name", "md5Hash", "crc32c"} if key in stored.body
    }
    new = {
        **body,
        **kept,
        "metageneration": str(int(stored.body["metageneration"]) + 1),
        "updated": stamp(cloud.clock.now()),
        "etag": generic.new_etag(),
    }
    generations.put(cloud, new, stored.blob, stored.state)
    return new


def collect(cloud: Cloud) -> None:
    """Forget what was soft-deleted long enough ago."""
    now = stamp(cloud.clock.now())
    with tables.transaction(cloud) as db:
        rows = db.execute(
            "SELECT body, blob, state FROM storage_object WHERE state='soft' AND "
            "json_extract(body, '$.hardDeleteTime')<=?",
            (now,),
        ).fetchall()
        gone = [Stored(json.loads(row[0]), row[1], row[2]) for row in rows]
        generations.forget(cloud, gone)
    generations.discard(cloud, gone)


def remove_strays(cloud: Cloud) -> None:
    """Files that no row points to: a write or removal was cut short. Only before anyone uploads."""
    with tables.transaction(cloud) as db:
        known = {row[0] for row in db.execute("SELECT blob FROM storage_object")}
        known |= {f"upload-{row[0]}" for row in db.execute("SELECT id FROM storage_upload")}
    for file in (cloud.settings.home / "objects").glob("*/*"):
        if file.name not in known:
            file.unlink()


def compose_result(cloud: Cloud, bucket: str, body: Json, count: int) -> Json:
    """A composed object says of how many parts it is, and has no MD5."""
    stored = generations.load(cloud, bucket, body["name"])
    composed = {key: value for key, value in body.items() if key != "md5Hash"} | {"componentCount": count}
    generations.put(cloud, composed, stored.blob, stored.state)
    return composed
