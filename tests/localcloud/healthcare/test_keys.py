"""A dataset's key protects everything in it."""

from __future__ import annotations

from tests.localcloud.healthcare.conftest import AGENT
from tests.localcloud.healthcare.local import PARENT, Local

RING = f"{PARENT}/keyRings/cell"
KEY = f"{RING}/cryptoKeys/clinical"
DATASET = f"{PARENT}/datasets/sealed"
STORE = f"{DATASET}/fhirStores/ehr"


def test_a_disabled_key_stops_the_store_and_an_enabled_one_starts_it_again(cloud: Local) -> None:
    body = {"encryptionSpec": {"kmsKeyName": KEY}}
    assert cloud.send("POST", f"{PARENT}/datasets?datasetId=sealed", body).status in (400, 403)
    cloud.ok("POST", f"{PARENT}/keyRings?keyRingId=cell", {}, "cloudkms")
    cloud.ok("POST", f"{RING}/cryptoKeys?cryptoKeyId=clinical", {"purpose": "ENCRYPT_DECRYPT"}, "cloudkms")
    assert cloud.send("POST", f"{PARENT}/datasets?datasetId=sealed", body).status == 403
    cloud.grant("cloudkms", KEY, "roles/cloudkms.cryptoKeyEncrypterDecrypter", AGENT)
    cloud.ok("POST", f"{PARENT}/datasets?datasetId=sealed", body)
    cloud.ok("POST", f"{DATASET}/fhirStores?fhirStoreId=ehr", {"version": "R4", "enableUpdateCreate": True})
    patient = {"resourceType": "Patient", "id": "a"}
    cloud.ok("PUT", f"{STORE}/fhir/Patient/a", patient)
    version = f"{KEY}/cryptoKeyVersions/1?updateMask=state"
    cloud.ok("PATCH", version, {"state": "DISABLED"}, "cloudkms")
    answer = cloud.send("GET", f"{STORE}/fhir/Patient/a")
    assert answer.status in (400, 403) and answer.body["resourceType"] == "OperationOutcome"
    cloud.ok("PATCH", version, {"state": "ENABLED"}, "cloudkms")
    assert cloud.ok("GET", f"{STORE}/fhir/Patient/a")["id"] == "a"
    cloud.ok("DELETE", DATASET)
