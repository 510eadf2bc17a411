from __future__ import annotations

from typing import Any

import pytest

from infra import profile
from infra.config import CellConfig
from infra.errors import ConfigError
from infra.stack import services
from tests.infra.stack.parts import cell_config

SAAS, PRIVATE = profile.load("saas"), profile.load("private")


@pytest.fixture(scope="module")
def plain() -> CellConfig:
    return cell_config()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"domain": "ehr.example.org"}, {"certificatemanager"}),
        ({"analytics": "true"}, {"bigquery", "cloudscheduler"}),
        ({"cache": "true"}, {"redis"}),
        ({"monthlyBudget": 5, "billingAccount": "000000-000000-000000"}, {"billingbudgets"}),
    ],
)
def test_a_service_is_enabled_only_where_the_cell_asks_for_it(
    plain: CellConfig, changes: dict[str, Any], wanted: set[str]
) -> None:
    assert set(services.of_cell(cell_config(**changes))) - set(services.of_cell(plain)) == wanted


def test_a_tenants_project_has_nothing_of_the_cells(plain: CellConfig) -> None:
    assert set(services.of_tenant(SAAS)) < set(services.of_cell(plain))
    assert "artifactregistry" not in services.of_tenant(SAAS)


def test_private_does_without_the_healthcare_api() -> None:
    cell = cell_config(profile="private")
    for names in (services.of_cell(cell), services.agents_of_cell(cell)):
        assert "healthcare" not in names
    assert "healthcare" not in services.of_tenant(PRIVATE) + services.agents_of_tenant(PRIVATE)
    assert "healthcare" in services.of_tenant(SAAS)


def test_the_folder_allows_all_that_any_project_uses(plain: CellConfig) -> None:
    everything = cell_config(
        analytics="true",
        billingAccount="000000-000000-000000",
        cache="true",
        domain="ehr.example.org",
        monthlyBudget=5,
    )
    assert set(services.of_cell(everything)) | set(services.of_tenant(SAAS)) <= set(services.EVERY)


def test_agents_are_those_of_enabled_services(plain: CellConfig) -> None:
    assert set(services.agents_of_cell(plain)) <= set(services.of_cell(plain))
    assert "redis" in services.agents_of_cell(cell_config(cache="true"))


def test_a_budget_without_an_account() -> None:
    with pytest.raises(ConfigError, match="billingAccount"):
        cell_config(monthlyBudget=5)
