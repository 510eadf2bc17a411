from __future__ import annotations

import pytest

from infra.errors import ConfigError
from tests.infra.engine import Declared
from tests.infra.stack.parts import again, tenant_config

FIRST, SECOND = "us-tenant-riverside", "us-tenant-riverside-2"


def test_records_at_each_site_lie_in_its_region_under_its_key(us: dict[str, Declared]) -> None:
    for stack, region in ((FIRST, "us-central1"), (SECOND, "us-east4")):
        records = us[stack].one("healthcare/dataset:Dataset", "records").inputs
        assert records["location"] == region
        assert records["encryptionSpec"]["kmsKeyName"] == us[stack].outputs["keys"]["clinical"]
        audit = us[stack].one("healthcare/dataset:Dataset", "audit").inputs
        assert audit["location"] == region and audit["project"] == "careplane-us-cell"
        assert f"/locations/{region}/keyRings/cell/" in audit["encryptionSpec"]["kmsKeyName"]


def test_records_are_validated_and_consent_is_kept_beside_them(us: dict[str, Declared]) -> None:
    store = us[FIRST].one("FhirStore", "records-ehr").inputs
    assert store["validationConfig"] and store["consentConfig"]["accessEnforced"] is True
    assert us[FIRST].one("ConsentStore").inputs["dataset"] == store["dataset"]


def test_the_trails_store_says_what_it_is(us: dict[str, Declared]) -> None:
    stores = {each.name: each.inputs["labels"] for each in us[FIRST].of("FhirStore")}
    assert stores["audit-audit"]["careplane-purpose"] == "audit"
    assert "careplane-purpose" not in stores["records-ehr"]


def test_images_and_streams_only_where_they_are_asked_for(us: dict[str, Declared]) -> None:
    assert not us[FIRST].of("DicomStore")
    assert "streamConfigs" not in us[FIRST].one("FhirStore", "records-ehr").inputs
    assert again(us, FIRST, imaging="true").one("DicomStore").inputs["name"] == "images"


def test_the_second_sites_topics_are_named_apart(us: dict[str, Declared]) -> None:
    """A topic's name is its project's, whatever the region."""
    for tenant in ("riverside", "lakeside"):
        one, other = (us[f"us-tenant-{tenant}{end}"].outputs["topics"] for end in ("", "-2"))
        assert not set(one.values()) & set(other.values())
        assert all(name.rsplit("/", 1)[1].startswith(f"{tenant}-2-") for name in other.values())


def test_documents_and_secret_are_one_a_tenant_and_lie_in_both_regions(us: dict[str, Declared]) -> None:
    first, second = us[FIRST], us[SECOND]
    bucket, secret = first.one("Bucket").inputs, first.one("Secret").inputs
    assert bucket["customPlacementConfig"] == {"dataLocations": ["US-CENTRAL1", "US-EAST4"]}
    assert "/locations/us/" in bucket["encryption"]["defaultKmsKeyName"]
    assert [each["location"] for each in secret["replication"]["userManaged"]["replicas"]] == [
        "us-central1",
        "us-east4",
    ]
    assert not second.of("Bucket") and not second.of("Secret")
    for key in ("bucket", "secret"):
        assert first.outputs[key] == second.outputs[key]


def test_a_tenant_that_asks_for_images_in_another_word() -> None:
    with pytest.raises(ConfigError, match="careplane:imaging"):
        tenant_config(FIRST, imaging="dicom")
