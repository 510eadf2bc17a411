"""Cloud Logging's configuration: buckets, sinks, metrics (entries have a module of their own).

Every project, folder and organisation has the buckets `_Default` and `_Required` and the sinks to
them. A locked bucket keeps its retention and cannot be deleted while it holds entries.
https://cloud.google.com/logging/docs/reference/v2/rest
"""

from __future__ import annotations

import re

from localcloud import generic, projects
from localcloud.api import ApiError, Call, Json, not_found
from localcloud.cloud import Cloud
from localcloud.discovery import methods_by_id
from localcloud.iam import container
from localcloud.pages import page
from localcloud.registry import behaviour, computed
from localcloud.timestamps import stamp

API = "logging"
_LEVELS = (
    "logging.",
    "logging.projects.",
    "logging.folders.",
    "logging.organizations.",
    "logging.billingAccounts.",
)
_PRESET = re.compile(r"(.+)/locations/global/buckets/(_Default|_Required)")


def known(*tails: str) -> list[str]:
    """The method at each level where discovery has it."""
    return [f"{level}{tail}" for tail in tails for level in _LEVELS if f"{level}{tail}" in methods_by_id()]


def bucket(cloud: Cloud, name: str) -> Json:
    """A bucket; the two that Google makes are there without being stored."""
    stored = cloud.store.get(API, name)
    if stored is not None:
        return stored
    preset = _PRESET.fullmatch(name)
    if preset is None:
        raise not_found(name)
    required = preset[2] == "_Required"
    made: Json = {
        "name": name,
        "retentionDays": 400 if required else 30,
        "lifecycleState": "ACTIVE",
        "description": "Audit bucket" if required else "Default bucket",
    }
    return made | ({"locked": True} if required else {})


@behaviour(*known("locations.buckets.get", "buckets.get"), permission="logging.buckets.get")
def get_bucket(cloud: Cloud, call: Call) -> Json:
    return bucket(cloud, call.name)


@behaviour(*known("locations.buckets.list"), permission="logging.buckets.list")
def list_buckets(cloud: Cloud, call: Call) -> Json:
    place = call.parent
    found = cloud.store.list(API, place, "buckets")
    if place.endswith("/global"):
        stored = {b["name"] for b in found}
        found += [
            bucket(cloud, n) for n in (f"{call.name}/_Default", f"{call.name}/_Required") if n not in stored
        ]
    return page(call, "buckets", found)


@behaviour(
    *known("locations.buckets.create", "locations.buckets.createAsync"), permission="logging.buckets.create"
)
def create_bucket(cloud: Cloud, call: Call) -> Json:
    _check_key(cloud, call, call.body or {})
    with cloud.store.transaction():
        name, body = generic.insert(cloud, call, {"retentionDays": 30})
        body["lifecycleState"] = "ACTIVE"
        cloud.store.put(API, name, body)
    return generic.answer(cloud, call, body)


@behaviour(
    *known("locations.buckets.patch", "locations.buckets.updateAsync"), permission="logging.buckets.update"
)
def change_bucket(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    with cloud.store.transaction():
        old = bucket(cloud, call.name)
        if (
            old.get("locked")
            and "retentionDays" in call.query.get("updateMask", "")
            and (sent.get("retentionDays", 0) < old["retentionDays"])
        ) or (old.get("locked") and sent.get("locked") is False):
            raise ApiError(400, f"{call.name} is locked; its retention can only grow.", "FAILED_PRECONDITION")
        _check_key(cloud, call, sent)
        cloud.store.put(API, call.name, old)
        body = generic.change(cloud, call)
    return generic.answer(cloud, call, body)


@behaviour(*known("locations.buckets.delete"), permission="logging.buckets.delete")
def delete_bucket(cloud: Cloud, call: Call) -> Json:
    body = bucket(cloud, call.name)
    if body.get("locked") or _PRESET.fullmatch(call.name):
        raise ApiError(
            400, f"{call.name} is locked or made by Google and cannot be deleted.", "FAILED_PRECONDITION"
        )
    cloud.store.delete(API, call.name)
    return {}


def _check_key(cloud: Cloud, call: Call, sent: Json) -> None:
    """CMEK of a bucket: a key of the bucket's location that Logging's service account may use."""
    key = (sent.get("cmekSettings") or {}).get("kmsKeyName")
    parts = call.name.split("/")
    if key and call.project:
        from localcloud.cmek import require_key

        require_key(cloud, key, parts[3], f"serviceAccount:{key_user(cloud, call.project)}")


def writer(cloud: Cloud, name: str) -> str:
    """The identity that a sink of this project, folder or organisation writes with."""
    kind, _, owner = container(cloud.store, API, name).partition("/")
    number = projects.number(cloud, owner) if kind == "projects" else owner
    prefix = "service" if kind == "projects" else f"service-{kind[:-1]}"
    return f"serviceAccount:{prefix}-{number}@gcp-sa-logging.iam.gserviceaccount.com"


@computed(*(f"{level}sinks" for level in _LEVELS))
def sink(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    if not re.match(
        r"(logging|storage|bigquery|pubsub)\.googleapis\.com/.+", str(body.get("destination", ""))
    ):
        raise ApiError(
            400,
            f"destination: {body.get('destination')!r} is not allowed; allowed: logging.googleapis.com/…, "
            "storage.googleapis.com/…, bigquery.googleapis.com/…, pubsub.googleapis.com/…",
        )
    body.pop("writerIdentity", None)
    if not _own_bucket(cloud, name, str(body["destination"])):
        body["writerIdentity"] = writer(cloud, name)
    if new:
        body["createTime"] = stamp(cloud.clock.now())
    body["updateTime"] = stamp(cloud.clock.now())


def _own_bucket(cloud: Cloud, sink: str, destination: str) -> bool:
    """Whether a sink leads into a log bucket of its own project: such a one has no identity to write with."""
    bucket = projects.normalise(cloud.store, destination.removeprefix("logging.googleapis.com/"))
    return bucket.startswith(f"{projects.normalise(cloud.store, sink).partition('/sinks/')[0]}/locations/")


def key_user(cloud: Cloud, project: str) -> str:
    """The account that uses the keys of a project's log buckets, which is not its service agent."""
    return f"cmek-p{projects.number(cloud, project)}@gcp-sa-logging.iam.gserviceaccount.com"


@behaviour(*known("getCmekSettings", "getSettings"), permission="logging.settings.get")
def settings(cloud: Cloud, call: Call) -> Json:
    account = key_user(cloud, call.project) if call.project else ""
    return {
        "name": call.name,
        "kmsServiceAccountId": account,
        "loggingServiceAccountId": account,
        "serviceAccountId": account,
    }


@behaviour(*known("locations.buckets.views.create"), permission="logging.views.create")
def create_view(cloud: Cloud, call: Call) -> Json:
    _keep(cloud, call.parent)
    return generic.create(cloud, call)  # type: ignore[no-any-return]


def _keep(cloud: Cloud, name: str) -> Json:
    """A bucket that Google made is stored once something lies in it."""
    body = bucket(cloud, name)
    cloud.store.put(API, name, body)
    return body


@behaviour(*known("locations.buckets.links.create"), permission="logging.links.create")
def create_link(cloud: Cloud, call: Call) -> Json:
    """A link makes a dataset of its own id in BigQuery, and needs log analytics on the bucket."""
    if not _keep(cloud, call.parent).get("analyticsEnabled"):
        raise ApiError(400, f"{call.parent} is not upgraded to use Log Analytics.", "FAILED_PRECONDITION")
    link = call.query.get("linkId", "")
    if not re.fullmatch(r"\w{1,100}", link):
        raise ApiError(400, f"linkId: {link!r} is not allowed; allowed: letters, digits and underscores")
    owner, dataset = "/".join(call.name.split("/")[:2]), _dataset(call.name, link)
    with cloud.store.transaction():
        if cloud.store.get("bigquery", dataset) is not None:
            raise ApiError(409, f"Dataset {dataset} already exists.", "ALREADY_EXISTS")
        name, body = generic.insert(cloud, call)
        body |= {
            "lifecycleState": "ACTIVE",
            "createTime": stamp(cloud.clock.now()),
            "bigqueryDataset": {"datasetId": f"bigquery.googleapis.com/{dataset}"},
        }
        cloud.store.put(API, name, body)
        cloud.store.put("bigquery", dataset, _linked(cloud, owner, link, call.name.split("/")[3]))
    return generic.answer(cloud, call, body)  # type: ignore[no-any-return]


@behaviour(*known("locations.buckets.links.delete"), permission="logging.links.delete")
def delete_link(cloud: Cloud, call: Call) -> Json:
    generic.load(cloud, API, call.name)
    cloud.store.delete("bigquery", _dataset(call.name, call.name.rpartition("/")[2]))
    cloud.store.delete(API, call.name)
    return generic.answer(cloud, call, None)  # type: ignore[no-any-return]


def _dataset(name: str, link: str) -> str:
    return f"{'/'.join(name.split('/')[:2])}/datasets/{link}"


def _linked(cloud: Cloud, owner: str, link: str, location: str) -> Json:
    """The dataset of a link: read only, with no tables of its own here."""
    project = owner.partition("/")[2]
    moment = str(int(cloud.clock.now().timestamp() * 1000))
    return {
        "kind": "bigquery#dataset",
        "id": f"{project}:{link}",
        "type": "LINKED",
        "location": location if location != "global" else "US",
        "datasetReference": {"projectId": project, "datasetId": link},
        "access": [{"role": "READER", "specialGroup": "projectReaders"}],
        "creationTime": moment,
        "lastModifiedTime": moment,
        "etag": generic.new_etag(),
    }
