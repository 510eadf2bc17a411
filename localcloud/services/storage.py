"""Cloud Storage: buckets. Objects are in storage_objects.py.

https://cloud.google.com/storage/docs/json_api. Left out: ACLs (a bucket acts as one with uniform access),
XML API and signed URLs, batch requests, customer-supplied keys, running lifecycle rules (stored, not run).
"""

from __future__ import annotations

from localcloud import agents, generic, merge, projects
from localcloud.api import ApiError, Call, Json, Reply
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.registry import behaviour
from localcloud.storage import buckets, generations, tables
from localcloud.storage.conditions import Conditions
from localcloud.timestamps import stamp

API = buckets.API
_FIXED = (
    "id",
    "kind",
    "name",
    "location",
    "locationType",
    "projectNumber",
    "timeCreated",
    "selfLink",
    "generation",
    "metageneration",
    "updated",
    "etag",
)


@behaviour("storage.buckets.insert")
def insert(cloud: Cloud, call: Call) -> Json:
    project = projects.project_id(cloud, call.query.get("project", ""))
    if not project:
        raise ApiError(400, "Required parameter: project", reason="required")
    projects.require(cloud, project)
    bucket = buckets.new(cloud, project, call.body or {})
    with cloud.store.transaction():
        if cloud.store.get(API, f"b/{bucket['name']}") is not None:
            raise ApiError(
                409,
                "Your previous request to create the named bucket succeeded and you already own it, "
                "or the name is taken. Please try another name.",
                reason="conflict",
            )
        cloud.store.put(API, f"b/{bucket['name']}", bucket)
    return bucket


@behaviour("storage.buckets.get")
def get(cloud: Cloud, call: Call) -> Json:
    bucket = buckets.load(cloud, call.params["bucket"])
    _conditions(call, bucket)
    return bucket


@behaviour("storage.buckets.list")
def list_buckets(cloud: Cloud, call: Call) -> Json:
    number = projects.number(cloud, call.query.get("project", ""))
    prefix = call.query.get("prefix", "")
    names = [name for name in cloud.store.names(API, "b/") if name.count("/") == 1]
    found = [
        bucket
        for name in names
        if (bucket := cloud.store.get(API, name))
        and bucket["projectNumber"] == number
        and bucket["name"].startswith(prefix)
    ]
    return {"kind": "storage#buckets", **page(call, "items", found)}


@behaviour("storage.buckets.patch", "storage.buckets.update")
def change(cloud: Cloud, call: Call) -> Json:
    """PATCH merges, PUT replaces; what identifies the bucket stays."""
    with cloud.store.transaction():
        old = buckets.load(cloud, call.params["bucket"])
        _conditions(call, old)
        given = {key: value for key, value in (call.body or {}).items() if key not in _FIXED}
        kept = {key: old[key] for key in _FIXED if key in old}
        defaults = {"storageClass": old["storageClass"], "iamConfiguration": old["iamConfiguration"]}
        new = merge.merged(old, given) if call.verb == "PATCH" else {**defaults, **given}
        new |= kept
        buckets.finish(cloud, old, new)
        return _put(cloud, new)


def _put(cloud: Cloud, bucket: Json) -> Json:
    bucket |= {
        "metageneration": str(int(bucket["metageneration"]) + 1),
        "updated": stamp(cloud.clock.now()),
        "etag": generic.new_etag(),
    }
    cloud.store.put(API, f"b/{bucket['name']}", bucket)
    return bucket


def _conditions(call: Call, bucket: Json) -> None:
    Conditions.of(call.query).require({"generation": "1", **bucket})


@behaviour("storage.buckets.delete")
def delete(cloud: Cloud, call: Call) -> Reply:
    name = call.params["bucket"]
    with cloud.store.transaction():
        _conditions(call, buckets.load(cloud, name))
        if generations.every(cloud, name, "", (tables.LIVE, tables.NONCURRENT)):
            raise ApiError(409, "The bucket you tried to delete is not empty.", reason="conflict")
        gone = generations.every(cloud, name, "", (tables.SOFT_DELETED,))
        generations.forget(cloud, gone)
        cloud.store.delete(API, f"b/{name}")
    generations.discard(cloud, gone)
    return Reply(None, 204)


@behaviour("storage.buckets.lockRetentionPolicy", permission="storage.buckets.update")
def lock(cloud: Cloud, call: Call) -> Json:
    """For good: from now on the period may only grow."""
    if not call.query.get("ifMetagenerationMatch"):
        raise ApiError(400, "Required parameter: ifMetagenerationMatch", reason="required")
    with cloud.store.transaction():
        bucket = buckets.load(cloud, call.params["bucket"])
        _conditions(call, bucket)
        if not bucket.get("retentionPolicy"):
            raise ApiError(
                400, f"Bucket '{bucket['name']}' has no retention policy to lock.", reason="invalid"
            )
        bucket["retentionPolicy"]["isLocked"] = True
        return _put(cloud, bucket)


@behaviour("storage.buckets.getStorageLayout", permission="storage.buckets.get")
def layout(cloud: Cloud, call: Call) -> Json:
    bucket = buckets.load(cloud, call.params["bucket"])
    return {
        "kind": "storage#storageLayout",
        "bucket": bucket["name"],
        "location": bucket["location"],
        "locationType": bucket["locationType"],
        "hierarchicalNamespace": {"enabled": False},
    }


@behaviour("storage.projects.serviceAccount.get", permission="")
def service_account(cloud: Cloud, call: Call) -> Json:
    project = projects.project_id(cloud, call.params["projectId"])
    cloud.iam.require(call.caller, "resourcemanager.projects.get", projects.API, f"projects/{project}")
    return {
        "kind": "storage#serviceAccount",
        "email_address": agents.agent(API, projects.number(cloud, project)),
    }


@behaviour("storage.anywhereCaches.list", "storage.anywhereCaches.insert")
def anywhere_caches(cloud: Cloud, call: Call) -> Json:
    raise ApiError(501, f"{call.method}: Anywhere Cache is not offered here.")
