from __future__ import annotations

from dataclasses import replace

import pulumi
import pytest

from infra.errors import ConfigError
from infra.healthcare.grants import Grant, Kind, StoreGrants, StoreGrantsArgs
from tests.infra.engine import declare

DATASET = "projects/p/locations/europe-west3/datasets/d"
MEMBER = "serviceAccount:runtime@p.iam.gserviceaccount.com"
FHIR = StoreGrantsArgs(
    "fhirStores",
    f"{DATASET}/fhirStores/ehr",
    {"runtime": Grant("roles/healthcare.fhirResourceEditor", MEMBER)},
)


@pytest.mark.parametrize(
    ("kind", "role", "resource", "key"),
    [
        ("fhirStores", "fhirResourceReader", "FhirStoreIamMember", "fhirStoreId"),
        ("hl7V2Stores", "hl7V2Ingest", "Hl7StoreIamMember", "hl7V2StoreId"),
        ("dicomStores", "dicomViewer", "DicomStoreIamMember", "dicomStoreId"),
    ],
)
def test_each_kind_is_granted_on_its_store(kind: Kind, role: str, resource: str, key: str) -> None:
    store = f"{DATASET}/{kind}/s"
    args = StoreGrantsArgs(kind, store, {"runtime": Grant(f"roles/healthcare.{role}", MEMBER)})
    found = declare(lambda: StoreGrants("g", args) and None)
    grant = found.one(resource, "g-runtime").inputs
    assert grant == {key: store, "role": f"roles/healthcare.{role}", "member": MEMBER}


def test_a_consent_store_is_named_with_its_dataset() -> None:
    args = StoreGrantsArgs(
        "consentStores", "c", {"app": Grant("roles/healthcare.consentReader", MEMBER)}, DATASET
    )
    grant = declare(lambda: StoreGrants("g", args) and None).one("ConsentStoreIamMember").inputs
    assert (grant["dataset"], grant["consentStoreId"]) == (DATASET, "c")


def test_a_role_of_our_own_is_one_for_a_store() -> None:
    role = "organizations/1/roles/careplane_audit_writer"
    args = replace(FHIR, grants={"writer": Grant(role, MEMBER)})
    assert declare(lambda: StoreGrants("g", args) and None).one("FhirStoreIamMember").inputs["role"] == role


@pytest.mark.parametrize(
    "role",
    [
        "roles/healthcare.datasetAdmin",
        "roles/healthcare.datasetViewer",
        "roles/healthcare.hl7V2Ingest",
        "roles/editor",
        "roles/owner",
    ],
)
def test_a_role_above_the_store_is_refused(role: str) -> None:
    with pytest.raises(ConfigError, match=r"roles/healthcare\.fhirResourceEditor"):
        replace(FHIR, grants={"runtime": Grant(role, MEMBER)})


def test_a_role_known_only_later_is_judged_then() -> None:
    def program() -> None:
        late = Grant(pulumi.Output.from_input("roles/editor"), MEMBER)
        StoreGrants("g", replace(FHIR, grants={"late": late}))

    with pytest.raises(ValueError, match="role on fhirStores"):
        declare(program)


def test_neither_a_dataset_nor_everybody_nor_a_consent_store_without_its_dataset() -> None:
    with pytest.raises(ConfigError, match="never a dataset"):
        replace(FHIR, store=DATASET)
    with pytest.raises(ConfigError, match="allUsers"):
        replace(FHIR, grants={"all": Grant("roles/healthcare.fhirResourceReader", "allUsers")})
    with pytest.raises(ConfigError, match="dataset's full name"):
        replace(FHIR, kind="consentStores")
