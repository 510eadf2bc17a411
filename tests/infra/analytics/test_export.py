from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from infra.analytics.export import PERMISSIONS, FhirExport, FhirExportArgs
from infra.errors import ConfigError, ResidencyError
from tests.infra.engine import declare
from tests.infra.sites import SITE

STORE = "projects/careplane-cell/locations/europe-west3/datasets/riverside/fhirStores/ehr"
ARGS = FhirExportArgs(SITE, STORE, "bq://careplane-cell.riverside", "riverside-export")


def test_the_scheduler_calls_export_as_an_account_of_its_own() -> None:
    job = declare(lambda: FhirExport("e", ARGS) and None).one("Job").inputs
    target = job["httpTarget"]
    assert job["name"] == "riverside-export"
    assert target["uri"] == f"https://healthcare.googleapis.com/v1/{STORE}:export"
    assert target["oauthToken"] == {
        "serviceAccountEmail": "riverside-export@careplane-cell.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/cloud-healthcare",
    }
    assert (job["region"], job["schedule"], job["timeZone"]) == ("europe-west3", "0 2 * * *", "Etc/UTC")


def test_the_request_says_what_goes_where() -> None:
    args = replace(ARGS, types=("Patient", "Observation"), disposition="WRITE_APPEND")
    job = declare(lambda: FhirExport("e", args) and None).one("Job").inputs
    request = json.loads(base64.b64decode(job["httpTarget"]["body"]))
    assert request["_type"] == "Patient,Observation"
    assert request["bigqueryDestination"]["datasetUri"] == "bq://careplane-cell.riverside"
    assert request["bigqueryDestination"]["schemaConfig"]["schemaType"] == "ANALYTICS_V2"
    assert request["bigqueryDestination"]["writeDisposition"] == "WRITE_APPEND"


def test_it_may_export_this_store_and_nothing_else() -> None:
    found = declare(lambda: FhirExport("e", ARGS) and None)
    assert found.one("IAMCustomRole").inputs["permissions"] == list(PERMISSIONS)
    grant = found.one("FhirStoreIamMember").inputs
    assert grant["fhirStoreId"] == STORE
    assert grant["role"] == "projects/careplane-cell/roles/riverside_export"
    assert not found.of("projects/iAMMember:IAMMember")
    assert "gcp:healthcare/fhirStoreIamMember:FhirStoreIamMember::e" in found.before(found.one("Job"))


def test_a_role_of_the_organisation_serves_too() -> None:
    args = replace(ARGS, role="organizations/1/roles/export")
    found = declare(lambda: FhirExport("e", args) and None)
    assert not found.of("IAMCustomRole")
    assert found.one("FhirStoreIamMember").inputs["role"] == "organizations/1/roles/export"


def test_a_store_outside_the_jurisdiction_is_refused() -> None:
    with pytest.raises(ResidencyError, match="FHIR store to export"):
        replace(ARGS, store=STORE.replace("europe-west3", "us-east1"))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schedule": "daily"}, "five fields"),
        ({"disposition": "WRITE_OVER"}, "WRITE_APPEND, WRITE_EMPTY, WRITE_TRUNCATE"),
        ({"dataset": "careplane-cell.riverside"}, "bq://"),
        ({"store": "projects/p/locations/europe-west3/datasets/d"}, "fhirStores/S"),
    ],
)
def test_bad_arguments_say_what_is_allowed(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)
