"""Cloud Storage: objects - upload, download, copy, compose, list, delete, restore."""

from __future__ import annotations

import re
from typing import Any

from localcloud import merge
from localcloud.api import ApiError, Call, Json, Reply
from localcloud.cloud import Cloud
from localcloud.registry import behaviour, on_start, route
from localcloud.storage import buckets, generations, listing, notices, objects, uploads
from localcloud.storage.conditions import Conditions, flag
from localcloud.storage.generations import Stored

API = buckets.API
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")

route(API, "GET", "download/storage/v1/b/{bucket}/o/{object}", "storage.objects.get")
route(API, "PUT", "upload/storage/v1/b/{bucket}/o", "storage.objects.insert")
route(API, "DELETE", "upload/storage/v1/b/{bucket}/o", "storage.objects.insert")


def _require(cloud: Cloud, call: Call, permission: str, bucket: str, name: str = "") -> None:
    resource = f"b/{bucket}/o/{name}" if name else f"b/{bucket}"
    cloud.iam.require(call.caller, permission, API, resource)


def _require_write(cloud: Cloud, call: Call, bucket: str, name: str) -> None:
    """Creating asks for create; replacing what is there asks for delete as well."""
    buckets.load(cloud, bucket)
    _require(cloud, call, "storage.objects.create", bucket, name)
    if generations.find(cloud, bucket, name) is not None:
        _require(cloud, call, "storage.objects.delete", bucket, name)


@behaviour("storage.objects.insert", permission="")
def insert(cloud: Cloud, call: Call) -> Any:
    bucket = call.params["bucket"]
    if call.headers.get("x-goog-encryption-algorithm"):
        raise ApiError(501, "Customer-supplied encryption keys are not offered here.")
    kind = call.query.get("uploadType", "")
    if kind == "resumable":
        return _resumable(cloud, call, bucket)
    if kind not in ("media", "multipart"):
        raise ApiError(
            400,
            f"uploadType: {kind!r} is not allowed; allowed: media, multipart, resumable.",
            reason="invalid",
        )
    upload = uploads.of_media(call) if kind == "media" else uploads.of_multipart(call)
    return _store(cloud, call, bucket, upload, call.query)


def _resumable(cloud: Cloud, call: Call, bucket: str) -> Any:
    if not call.query.get("upload_id"):
        _require(cloud, call, "storage.objects.create", bucket)
        buckets.load(cloud, bucket)
        return uploads.begin(cloud, call, bucket)
    if call.verb == "DELETE":
        uploads.end(cloud, call, bucket)
        return Reply(None, 204)
    result = uploads.resume(cloud, call)
    if isinstance(result, Reply):
        return result
    session, upload = result
    stored = _store(cloud, call, session["bucket"], upload, session["query"])
    uploads.end(cloud, call, session["bucket"])
    return stored


def _store(cloud: Cloud, call: Call, bucket: str, upload: uploads.Upload, query: Any) -> Json:
    _require_write(cloud, call, bucket, upload.name)
    body = objects.insert(
        cloud,
        bucket,
        upload.name,
        upload.data,
        upload.metadata,
        Conditions.of(query),
        query.get("kmsKeyName"),
    )
    return _told(cloud, "OBJECT_FINALIZE", body)


def _told(cloud: Cloud, event: str, body: Json) -> Json:
    notices.tell(cloud, event, body)
    return body


def _found(cloud: Cloud, call: Call) -> Stored:
    """The object that the path names, of the generation that the query names."""
    buckets.load(cloud, call.params["bucket"])
    return generations.load(
        cloud,
        call.params["bucket"],
        call.params["object"],
        call.query.get("generation"),
        soft=flag(call.query, "softDeleted"),
    )


@behaviour("storage.objects.get", permission="")
def get(cloud: Cloud, call: Call) -> Any:
    _require(cloud, call, "storage.objects.get", call.params["bucket"], call.params["object"])
    stored = _found(cloud, call)
    conditions = Conditions.of(call.query)
    if not conditions.hold(stored.body):
        if conditions.negated:
            return Reply(None, 304)
        conditions.require(stored.body)
    if call.query.get("alt") == "media" or call.path.startswith("/download/"):
        return _media(cloud, call, stored)
    return _shown(cloud, stored.body)


def _shown(cloud: Cloud, body: Json) -> Json:
    """An object with the end of its retention, which follows the bucket's policy of today."""
    end = objects.retention_end(buckets.load(cloud, body["bucket"]), body)
    return {**body, "retentionExpirationTime": end} if end else body


def _media(cloud: Cloud, call: Call, stored: Stored) -> Reply:
    """Bytes, whole or a range, with the checksums that clients verify."""
    data, body = objects.read(cloud, stored), stored.body
    hashes = [
        f"{name}={body[field]}" for name, field in (("crc32c", "crc32c"), ("md5", "md5Hash")) if field in body
    ]
    headers = {
        "content-type": body["contentType"],
        "etag": f'"{body["etag"]}"',
        "x-goog-hash": ",".join(hashes),
        "x-goog-generation": body["generation"],
        "x-goog-metageneration": body["metageneration"],
        "x-goog-stored-content-length": body["size"],
        "accept-ranges": "bytes",
    }
    match = _RANGE.fullmatch(call.headers.get("range", ""))
    if match is None or match[0] == "bytes=-":
        return Reply(data, 200, headers)
    first = int(match[1]) if match[1] else max(0, len(data) - int(match[2]))
    last = min(int(match[2]), len(data) - 1) if match[1] and match[2] else len(data) - 1
    if first >= len(data):
        raise ApiError(
            416,
            f"The requested range cannot be satisfied: the object has {len(data)} bytes.",
            "OUT_OF_RANGE",
            "requestedRangeNotSatisfiable",
        )
    return Reply(
        data[first : last + 1], 206, headers | {"content-range": f"bytes {first}-{last}/{len(data)}"}
    )


@behaviour("storage.objects.list", permission="storage.objects.list")
def list_objects(cloud: Cloud, call: Call) -> Json:
    buckets.load(cloud, call.params["bucket"])
    return listing.objects_page(cloud, call, call.params["bucket"])


@behaviour("storage.objects.patch", "storage.objects.update", permission="")
def change(cloud: Cloud, call: Call) -> Json:
    _require(cloud, call, "storage.objects.update", call.params["bucket"], call.params["object"])
    with cloud.store.transaction():
        stored = _found(cloud, call)
        Conditions.of(call.query).require(stored.body)
        given = call.body or {}
        new = (
            merge.merged(stored.body, given)
            if call.verb == "PATCH"
            else {
                "storageClass": stored.body["storageClass"],
                "contentType": stored.body["contentType"],
                **given,
            }
        )
        _require_longer_retention(stored.body, new, call)
        changed = objects.change(cloud, stored, new)
    return _shown(cloud, _told(cloud, "OBJECT_METADATA_UPDATE", changed))


def _require_longer_retention(old: Json, new: Json, call: Call) -> None:
    """A locked retention of an object only grows."""
    before, after = old.get("retention") or {}, new.get("retention") or {}
    if before.get("mode") == "Locked" and after.get("retainUntilTime", "") < before.get(
        "retainUntilTime", ""
    ):
        raise ApiError(
            403,
            f"Object '{old['name']}' has a locked retention, which cannot be shortened.",
            reason="forbidden",
        )


@behaviour("storage.objects.delete", permission="")
def delete(cloud: Cloud, call: Call) -> Reply:
    _require(cloud, call, "storage.objects.delete", call.params["bucket"], call.params["object"])
    bucket, name, generation = call.params["bucket"], call.params["object"], call.query.get("generation")
    before = generations.find(cloud, bucket, name, generation)
    objects.delete(cloud, bucket, name, generation, Conditions.of(call.query))
    if before is not None:
        versioned = (buckets.load(cloud, bucket).get("versioning") or {}).get("enabled")
        archived = versioned and generation is None
        notices.tell(cloud, "OBJECT_ARCHIVE" if archived else "OBJECT_DELETE", before.body)
    return Reply(None, 204)


@behaviour("storage.objects.restore", permission="")
def restore(cloud: Cloud, call: Call) -> Json:
    bucket, name = call.params["bucket"], call.params["object"]
    for permission in ("storage.objects.restore", "storage.objects.create"):
        _require(cloud, call, permission, bucket, name)
    generation = call.query.get("generation")
    if not generation:
        raise ApiError(400, "Required parameter: generation", reason="required")
    restored = objects.restore(cloud, bucket, name, generation, Conditions.of(call.query))
    return _told(cloud, "OBJECT_FINALIZE", restored)


def _copied(cloud: Cloud, call: Call) -> Json:
    """A copy with the destination's own key and generation, metadata kept unless given."""
    source_bucket, source_name = call.params["sourceBucket"], call.params["sourceObject"]
    bucket, name = call.params["destinationBucket"], call.params["destinationObject"]
    _require(cloud, call, "storage.objects.get", source_bucket, source_name)
    _require_write(cloud, call, bucket, name)
    source = generations.load(cloud, source_bucket, source_name, call.query.get("sourceGeneration"))
    Conditions.of(call.query, "Source").require(source.body)
    kept = {
        key: value
        for key, value in source.body.items()
        if key not in ("temporaryHold", "eventBasedHold", "retention", "timeDeleted")
    }
    metadata = {**kept, **(call.body or {})}
    body = objects.insert(
        cloud,
        bucket,
        name,
        objects.read(cloud, source),
        metadata,
        Conditions.of(call.query),
        call.query.get("destinationKmsKeyName"),
    )
    return _told(cloud, "OBJECT_FINALIZE", body)


@behaviour("storage.objects.copy", permission="")
def copy(cloud: Cloud, call: Call) -> Json:
    return _copied(cloud, call)


@behaviour("storage.objects.rewrite", permission="")
def rewrite(cloud: Cloud, call: Call) -> Json:
    body = _copied(cloud, call)
    return {
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": body["size"],
        "objectSize": body["size"],
        "done": True,
        "resource": body,
    }


@behaviour("storage.objects.compose", permission="")
def compose(cloud: Cloud, call: Call) -> Json:
    bucket, name = call.params["destinationBucket"], call.params["destinationObject"]
    parts = (call.body or {}).get("sourceObjects") or []
    if not 1 <= len(parts) <= 32:
        raise ApiError(400, f"compose takes 1 to 32 objects, not {len(parts)}.", reason="invalid")
    _require_write(cloud, call, bucket, name)
    data, count = b"", 0
    for part in parts:
        _require(cloud, call, "storage.objects.get", bucket, part["name"])
        source = generations.load(cloud, bucket, part["name"], part.get("generation"))
        data += objects.read(cloud, source)
        count += int(source.body.get("componentCount", 1))
    given = (call.body or {}).get("destination") or {}
    body = objects.insert(
        cloud, bucket, name, data, given, Conditions.of(call.query), call.query.get("kmsKeyName")
    )
    return _told(cloud, "OBJECT_FINALIZE", objects.compose_result(cloud, bucket, body, count))


@on_start
def tidy(cloud: Cloud) -> None:
    """What ended while nothing ran: soft deletion's time, and writes that a kill cut short."""
    objects.collect(cloud)
    objects.remove_strays(cloud)
