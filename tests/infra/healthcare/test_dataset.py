from __future__ import annotations

from infra.healthcare.dataset import Dataset, DatasetArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_stores_check_what_they_take() -> None:
    args = DatasetArgs(SITE, "d", "key", "ehr", "topic", "feeds")
    found = declare(lambda: Dataset("d", args) and None)
    fhir, hl7 = found.one("FhirStore").inputs, found.one("Hl7Store").inputs
    assert found.one("healthcare/dataset:Dataset").inputs["encryptionSpec"] == {"kmsKeyName": "key"}
    assert fhir["version"] == "R4"
    assert fhir["disableReferentialIntegrity"] is False
    assert fhir["disableResourceVersioning"] is False
    assert fhir["notificationConfigs"] == [{"pubsubTopic": "topic", "sendFullResource": False}]
    assert hl7["rejectDuplicateMessage"] is True
    assert hl7["parserConfig"]["version"] == "V3"


def test_an_audit_dataset_is_retained_and_has_no_feeds() -> None:
    args = DatasetArgs(SITE, "d", "key", "audit", retained=True)
    found = declare(lambda: Dataset("d", args) and None)
    assert found.one("FhirStore").retained and found.one("healthcare/dataset:Dataset").retained
    assert not found.of("Hl7Store")
    assert "notificationConfigs" not in found.one("FhirStore").inputs
