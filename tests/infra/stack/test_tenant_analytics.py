from __future__ import annotations

from typing import Any

import pytest
from pulumi import Output

from infra.errors import ConfigError
from infra.site import Site
from infra.stack import tenant_analytics
from infra.stack.home import CELL, Home
from infra.stack.tenant_keys import Keys
from tests.infra.engine import Declared, declare
from tests.infra.stack.parts import tenant_config

KEY = "projects/careplane-us-cell/locations/{region}/keyRings/lakeside/cryptoKeys/clinical"
AGENTS = {name: f"serviceAccount:{name}@test" for name in ("bigquery", "healthcare")}


def program(stack: str, region: str) -> Any:
    config = tenant_config(stack, analytics="true")

    def run() -> dict[str, Any]:
        key = Output.from_input(KEY.format(region=region))
        site = Site(config.project, config.region, config.jurisdiction)
        keys = Keys(key, key, key, key, None, ())
        return {"uri": tenant_analytics.tables(config, site, Home(config.cell_stack, CELL), keys)}

    return run


def cells(agents: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {name: {"projects": {"cell": {"agents": agents}}} for name in ("us-cell", "us-cell-2")}


@pytest.mark.parametrize(
    ("stack", "region", "dataset"),
    [
        ("us-tenant-lakeside", "us-central1", "lakeside_records"),
        ("us-tenant-lakeside-2", "us-east4", "lakeside_2_records"),
    ],
)
def test_each_site_has_tables_of_its_own_in_its_region(stack: str, region: str, dataset: str) -> None:
    found = declare(program(stack, region), upstream=cells(AGENTS))
    made = found.one("bigquery/dataset:Dataset").inputs
    assert (made["datasetId"], made["location"]) == (dataset, region)
    assert made["defaultEncryptionConfiguration"]["kmsKeyName"] == KEY.format(region=region)
    assert dataset in found.outputs["uri"]


def test_bigquery_may_use_the_key_before_the_tables_are_made() -> None:
    found = declare(program("us-tenant-lakeside", "us-central1"), upstream=cells(AGENTS))
    grant = found.one("CryptoKeyIAMMember")
    assert grant.inputs["member"] == AGENTS["bigquery"]
    assert f"{grant.type}::{grant.name}" in found.before(found.one("bigquery/dataset:Dataset"))


def test_no_tables_unless_asked(us: dict[str, Declared]) -> None:
    assert not us["us-tenant-lakeside"].of("bigquery/dataset:Dataset")


def test_a_wish_for_tables_that_is_neither_yes_nor_no() -> None:
    with pytest.raises(ConfigError, match="careplane:analytics"):
        tenant_config(analytics="perhaps")
