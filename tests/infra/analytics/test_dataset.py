from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from infra.analytics.dataset import Dataset, DatasetArgs
from infra.errors import ConfigError, ResidencyError
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = DatasetArgs(
    SITE, "riverside", "key", {"analysts": "group:a@example.org"}, {"healthcare": "serviceAccount:h"}
)


def test_encrypted_protected_and_in_the_region() -> None:
    dataset = declare(lambda: Dataset("d", ARGS) and None).one("bigquery/dataset:Dataset")
    assert dataset.protect
    assert dataset.inputs["defaultEncryptionConfiguration"] == {"kmsKeyName": "key"}
    assert dataset.inputs["location"] == "europe-west3"
    assert dataset.inputs["deleteContentsOnDestroy"] is False
    assert "defaultTableExpirationMs" not in dataset.inputs


def test_readers_read_and_writers_may_also_run_the_jobs_that_write() -> None:
    found = declare(lambda: Dataset("d", ARGS) and None)
    roles = {each.inputs["member"]: each.inputs["role"] for each in found.of("DatasetIamMember")}
    assert roles == {
        "group:a@example.org": "roles/bigquery.dataViewer",
        "serviceAccount:h": "roles/bigquery.dataEditor",
    }
    job = found.one("projects/iAMMember:IAMMember").inputs
    assert (job["member"], job["role"]) == ("serviceAccount:h", "roles/bigquery.jobUser")


def test_a_multi_region_of_the_jurisdiction_and_tables_that_go() -> None:
    args = replace(ARGS, location="eu", table_days=30)
    inputs = declare(lambda: Dataset("d", args) and None).one("bigquery/dataset:Dataset").inputs
    assert inputs["location"] == "EU"
    assert inputs["defaultTableExpirationMs"] == 30 * 24 * 3600 * 1000


def test_the_address_that_the_healthcare_api_writes_to() -> None:
    assert declare(lambda: {"uri": Dataset("d", ARGS).uri}).outputs["uri"] == "bq://careplane-cell.riverside"


def test_no_location_outside_the_jurisdiction() -> None:
    with pytest.raises(ResidencyError, match="BigQuery dataset riverside"):
        replace(ARGS, location="US")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dataset": "river-side"}, "underscores"),
        ({"table_days": 0}, "1 or more"),
        ({"readers": {"all": "allAuthenticatedUsers"}}, "member of a BigQuery dataset"),
        ({"writers": {"all": "allUsers"}}, "member of a BigQuery dataset"),
    ],
)
def test_bad_arguments_say_what_is_allowed(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)


def test_a_public_reader_known_only_later_is_refused_then() -> None:
    def program() -> None:
        Dataset("d", replace(ARGS, readers={"late": pulumi.Output.from_input("allUsers")}))

    with pytest.raises(ValueError, match="allUsers"):
        declare(program)
