"""Cloud Healthcare API: https://cloud.google.com/healthcare-api/docs/reference/rest"""

from __future__ import annotations

import json
from typing import Any

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import Field, Json, Kind, local, zero

_DATASET = "projects/{project}/locations/{location}/datasets/{name}"


class Store(Behaviour):
    """Stores take their name in the query, and most of them in the body as well."""

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        if "selfLink" in self.names.all:
            outputs["selfLink"] = outputs["id"]
        return outputs


def _store(name: str, collection: str, identifier: str, **more: Any) -> Kind:
    return Kind(
        token=f"gcp:healthcare/{name[0].lower()}{name[1:]}:{name}",
        api="healthcare",
        behaviour=Store,
        path=f"{{dataset}}/{collection}/{{name}}",
        create_query={identifier: "{name}"},
        **more,
    )


def _member(name: str, resource: str) -> Kind:
    """The provider's typed client has no v1beta1: policies are at v1."""
    wire = f"gcp:healthcare/{name[0].lower()}{name[1:]}:{name}"
    return member(
        wire, "healthcare", f"{{{resource}}}", path=f"/v1/{{{resource}}}", policies=Policies(), of=resource
    )


def _last(value: Any) -> str:
    return str(value or "").rsplit("/", 1)[-1]


def _parsed(text: Any) -> Any:
    """An object in Google's API is JSON text in the program."""
    return json.loads(text) if text else None


def _text(found: Any) -> str:
    return json.dumps(found, separators=(",", ":")) if found else ""


_NAMED = {"name": Field(update=False, decode=_last), "selfLink": local("")}

KINDS = (
    Kind(
        token="gcp:healthcare/dataset:Dataset",
        api="healthcare",
        path=_DATASET,
        create_query={"datasetId": "{name}"},
        behaviour=Store,
        fields={**_NAMED, "encryptionSpec": Field()},
        replace=frozenset({"encryptionSpec"}),
    ),
    _store(
        "FhirStore",
        "fhirStores",
        "fhirStoreId",
        fields={**_NAMED, "consentConfig.enforcedAdminConsents": zero([])},
        replace=frozenset(
            {"version", "disableReferentialIntegrity", "disableResourceVersioning", "enableHistoryImport"}
        ),
    ),
    _store(
        "Hl7Store",
        "hl7V2Stores",
        "hl7V2StoreId",
        fields={**_NAMED, "parserConfig.schema": Field(encode=_parsed, decode=_text)},
    ),
    _store("DicomStore", "dicomStores", "dicomStoreId", fields=_NAMED),
    _store("ConsentStore", "consentStores", "consentStoreId"),
    _member("FhirStoreIamMember", "fhirStoreId"),
    _member("Hl7StoreIamMember", "hl7V2StoreId"),
    _member("DatasetIamMember", "datasetId"),
    _member("DicomStoreIamMember", "dicomStoreId"),
    member(
        "gcp:healthcare/consentStoreIamMember:ConsentStoreIamMember",
        "healthcare",
        "{dataset}/consentStores/{consentStoreId|base}",
        of="consentStoreId",
    ),
)
