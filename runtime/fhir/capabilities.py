"""The CapabilityStatement, made from what is served (https://hl7.org/fhir/R4/capabilitystatement.html)."""

from __future__ import annotations

from runtime.fhir.config import StoreConfig
from runtime.fhir.dates import instant
from runtime.fhir.definitions.table import resource_types, search_params
from runtime.fhir.errors import Json
from runtime.fhir.store import Store

_INTERACTIONS = ("read", "vread", "update", "patch", "delete", "history-instance", "create", "search-type")


def statement(store: Store) -> Json:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant(store.now()),
        "kind": "instance",
        "software": {"name": "Careplane FHIR store"},
        "implementation": {"description": "FHIR R4 store on PostgreSQL", "url": store.base_url},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "resource": [_resource(name, store.config) for name in sorted(resource_types())],
            }
        ],
    }


def _resource(name: str, config: StoreConfig) -> Json:
    params = search_params(name)
    references = [f"{name}:{code}" for code, param in params.items() if param.kind == "reference"]
    entry: Json = {
        "type": name,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update" if config.versioning else "versioned",
        "readHistory": config.versioning,
        "updateCreate": config.update_create,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "local"] + (["enforced"] if config.referential_integrity else []),
        "searchInclude": [*references, "*"],
        "searchRevInclude": [],
        "searchParam": [{"name": code, "type": param.kind} for code, param in sorted(params.items())],
    }
    if name == "Patient":
        entry["operation"] = [
            {"name": "everything", "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything"}
        ]
    return {key: value for key, value in entry.items() if value != []}
