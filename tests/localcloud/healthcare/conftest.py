from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.postgres import shared
from localcloud.services import healthcare
from tests.localcloud.healthcare.local import DATASET, EHR, PARENT, PROJECT, Local, make_local

TOPIC = f"projects/{PROJECT}/topics/riverside-fhir"
AGENT = "serviceAccount:service-123456789012@gcp-sa-healthcare.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A local cloud for the tests of one file; its PostgreSQL starts once."""
    local = make_local(Path(tmp_path_factory.mktemp("healthcare")))
    yield local
    healthcare.stop(local.cloud)
    shared.stop(local.cloud)
    local.cloud.store.close()


@pytest.fixture
def local(cloud: Local) -> Iterator[Local]:
    """The cloud with an empty FHIR store and an HL7v2 store in one dataset, and a topic for both."""
    config = [{"pubsubTopic": TOPIC}]
    cloud.ok("PUT", TOPIC, {}, "pubsub")
    cloud.ok("PUT", "projects/careplane-cell/subscriptions/seen", {"topic": TOPIC}, "pubsub")
    cloud.grant("pubsub", TOPIC, "roles/pubsub.publisher", AGENT)
    cloud.ok("POST", f"{PARENT}/datasets?datasetId=riverside", {})
    cloud.ok(
        "POST",
        f"{DATASET}/fhirStores?fhirStoreId=ehr",
        {"version": "R4", "enableUpdateCreate": True, "notificationConfigs": config},
    )
    cloud.ok(
        "POST",
        f"{DATASET}/hl7V2Stores?hl7V2StoreId=feeds",
        {"rejectDuplicateMessage": True, "notificationConfigs": config},
    )
    yield cloud
    healthcare.stop(cloud.cloud)
    cloud.ok("DELETE", DATASET)
    cloud.ok("DELETE", "projects/careplane-cell/subscriptions/seen", None, "pubsub")
    cloud.ok("DELETE", TOPIC, None, "pubsub")
    assert cloud.cloud.store.get("healthcare", EHR) is None
