"""Cloud Healthcare API: datasets, FHIR stores that answer FHIR, HL7v2 stores that take messages.

DICOM and consent stores are generic. https://cloud.google.com/healthcare-api/docs/reference/rest
"""

from __future__ import annotations

from typing import Any

from localcloud import generic
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.discovery import methods_by_id
from localcloud.healthcare import databases, fhir, keys, messages, notifier, stores
from localcloud.healthcare.names import API, dataset_of, load
from localcloud.registry import behaviour, on_start, on_stop, route

_PREFIX = "healthcare.projects.locations.datasets"
_FHIR = f"{_PREFIX}.fhirStores.fhir"
_MESSAGES = f"{_PREFIX}.hl7V2Stores.messages"
_STORE = "projects/{projectsId}/locations/{locationsId}/datasets/{datasetsId}/fhirStores/{fhirStoresId}"
_KINDS = ("fhirStores", "hl7V2Stores", "dicomStores", "consentStores")


@behaviour(f"{_PREFIX}.create")
def create_dataset(cloud: Cloud, call: Call) -> Any:
    dataset = f"{call.name}/{call.query.get('datasetId', '')}"
    keys.require_for(cloud, dataset, call.body)
    return generic.create(cloud, call)


@behaviour(f"{_PREFIX}.patch")
def patch_dataset(cloud: Cloud, call: Call) -> Any:
    if isinstance(call.body, dict) and call.body.get("encryptionSpec"):
        keys.require_for(cloud, call.name, call.body)
    return generic.patch(cloud, call)


@behaviour(f"{_PREFIX}.delete")
def delete_dataset(cloud: Cloud, call: Call) -> Any:
    inside = [name for name in cloud.store.names(API, call.name + "/fhirStores/") if name.count("/") == 7]
    for body in cloud.store.list(API, call.name, "hl7V2Stores"):
        messages.forget_all(cloud, body["name"])
    answer = generic.delete(cloud, call)
    for name in inside:
        _drop(cloud, name)
    return answer


@behaviour(*(f"{_PREFIX}.{kind}.create" for kind in _KINDS))
def create_store(cloud: Cloud, call: Call) -> Any:
    """Any store: its dataset must exist and its key be usable; a FHIR store also gets a database."""
    load(cloud, dataset_of(call.name))
    keys.require(cloud, call.name)
    if not call.name.endswith("/fhirStores"):
        return generic.create(cloud, call)
    _check_version(call.body)
    name, body = generic.insert(cloud, call)
    try:
        databases.make(cloud, name)
    except BaseException:
        cloud.store.delete(API, name)
        raise
    return generic.answer(cloud, call, body)


def _check_version(body: Json | None) -> None:
    version = (body or {}).get("version", "R4")
    if version != "R4":
        raise ApiError(400, f"fhirStore.version {version!r} is not served here; allowed: R4.")


@behaviour(f"{_PREFIX}.fhirStores.delete")
def delete_fhir_store(cloud: Cloud, call: Call) -> Any:
    answer = generic.delete(cloud, call)
    _drop(cloud, call.name)
    return answer


@behaviour(f"{_PREFIX}.hl7V2Stores.delete")
def delete_hl7v2_store(cloud: Cloud, call: Call) -> Any:
    messages.forget_all(cloud, call.name)
    return generic.delete(cloud, call)


def _drop(cloud: Cloud, store: str) -> None:
    stores.forget(cloud, store)
    databases.drop(cloud, store)


# FHIR. An empty permission: which one a request needs depends on the request, so it asks for itself.
def _mount() -> None:
    listed = [method for method in methods_by_id() if method.startswith(f"{_FHIR}.")]
    behaviour(*listed, f"{_FHIR}.any", permission="")(fhir.handle)
    for version in ("v1", "v1beta1"):
        for verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            route(API, verb, f"{version}/{_STORE}/fhir/{{path...}}", f"{_FHIR}.any")


_mount()

behaviour(f"{_MESSAGES}.create", permission="healthcare.hl7V2Messages.create")(messages.create)
behaviour(f"{_MESSAGES}.ingest", permission="healthcare.hl7V2Messages.ingest")(messages.ingest)
behaviour(f"{_MESSAGES}.get", permission="healthcare.hl7V2Messages.get")(messages.get)
behaviour(f"{_MESSAGES}.batchGet", permission="healthcare.hl7V2Messages.get")(messages.batch_get)
behaviour(f"{_MESSAGES}.list", permission="healthcare.hl7V2Messages.list")(messages.list_)
behaviour(f"{_MESSAGES}.delete", permission="healthcare.hl7V2Messages.delete")(messages.delete)


def _drain(cloud: Cloud, store: str) -> None:
    body = cloud.store.get(API, store)
    if body is not None and notifier.topics(body):
        stores.service(cloud, store, body).drain(lambda notices: notifier.send(cloud, store, body, notices))


@on_start
def start(cloud: Cloud) -> None:
    """Send what an earlier run committed but did not send."""
    notifier.start(cloud, _drain)
    for name in cloud.store.names(API):
        body = cloud.store.get(API, name) if name.count("/") == 7 and "/fhirStores/" in name else None
        if body is not None and notifier.topics(body):
            notifier.wake(cloud, name)


@on_stop
def stop(cloud: Cloud) -> None:
    notifier.stop(cloud)
    stores.close_all(cloud)
