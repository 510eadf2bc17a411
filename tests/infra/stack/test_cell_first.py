from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.stack.cell_first import guest_project
from tests.infra.engine import Declared
from tests.infra.stack.parts import again, cell_config

EXCEPTION = {
    "name": "lab",
    "ranges": ["198.51.100.0/24"],
    "ports": [443],
    "reason": "orders of the laboratory",
}
RULE = {
    "title": "backups",
    "operations": {"storage.googleapis.com": ["*"]},
    "targets": ["projects/123456789012"],
    "identities": ["serviceAccount:backup@careplane-us-cell.iam.gserviceaccount.com"],
}


@pytest.fixture(scope="module")
def cell(us: dict[str, Declared]) -> Declared:
    return again(us, "us-cell", egressExceptions=[EXCEPTION], perimeterEgress=[RULE])


def test_a_guests_project_stands_beside_the_cells() -> None:
    assert guest_project("careplane-us-cell", "riverside") == "careplane-us-riverside"


def test_the_administrator_can_log_in_where_a_tenants_instance_stands(cell: Declared) -> None:
    grant = cell.one("projects/iAMMember:IAMMember", "sql-admin-riverside-instanceUser").inputs
    assert grant["project"] == "careplane-us-riverside"
    assert grant["role"] == "roles/cloudsql.instanceUser"


def test_an_exception_of_egress_is_named_and_logged(us: dict[str, Declared], cell: Declared) -> None:
    known = {each.name for each in us["us-cell"].of("Firewall")}
    (rule,) = [each.inputs for each in cell.of("Firewall") if each.name not in known]
    assert rule["destinationRanges"] == ["198.51.100.0/24"]
    assert rule["allows"] == [{"protocol": "tcp", "ports": ["443"]}]
    assert "orders of the laboratory" in rule["description"]
    assert rule["logConfig"]


def test_the_perimeter_lets_out_what_its_rules_say(us: dict[str, Declared], cell: Declared) -> None:
    (rule,) = cell.one("ServicePerimeter").inputs["status"]["egressPolicies"]
    assert rule["egressTo"]["resources"] == ["projects/123456789012"]
    assert not us["us-cell"].one("ServicePerimeter").inputs["status"].get("egressPolicies")


def test_names_that_are_asked_for_are_logged(cell: Declared) -> None:
    assert cell.one("dns/policy:Policy").inputs["enableLogging"] is True


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"egressExceptions": [{**EXCEPTION, "reason": ""}]}, r"egressExceptions\[0\]\.reason"),
        ({"perimeterEgress": [{"title": "all"}]}, r"perimeterEgress\[0\]\.operations"),
        ({"dedicatedTenants": ["riverside", "riverside"]}, "dedicatedTenants"),
        ({"dedicatedTenants": ["cell"]}, "dedicatedTenants"),
        ({"perimeter": "open"}, "careplane:perimeter"),
    ],
)
def test_configuration_that_is_refused(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        cell_config("us-cell", **changes)
