from __future__ import annotations

from typing import Any

import pytest

from infra.audit.bucket import AuditBucket, AuditBucketArgs
from infra.audit.changes import CHANGES
from infra.errors import ConfigError
from infra.stack.cell_watch import watch
from tests.infra.engine import Declared
from tests.infra.stack.parts import cell_config, part

CONTACTS = ["security@example.org"]
ACCOUNT = "000000-000000-000000"


def watched(**changes: Any) -> Declared:
    cell = cell_config(**changes)

    def make(_: Any, site: Any, housing: Any, keys: Any) -> dict[str, Any]:
        bucket = AuditBucket("audit", AuditBucketArgs(site, keys.ring.keys["audit"].id))
        return {"channels": list(watch(cell, housing, bucket))}

    return part(cell, make, "riverside")


def test_contacts_hear_of_every_change_that_cis_wants_watched() -> None:
    found = watched(contacts=CONTACTS)
    alerts = found.of("AlertPolicy")
    assert len(alerts) == len(CHANGES)
    assert {tuple(each.inputs["notificationChannels"]) for each in alerts} == {
        tuple(found.outputs["channels"])
    }


def test_a_budget_is_about_every_project_of_the_cell() -> None:
    found = watched(contacts=CONTACTS, billingAccount=ACCOUNT, monthlyBudget=5000, currency="USD")
    budget = found.one("Budget").inputs
    assert budget["budgetFilter"]["projects"] == ["projects/123456789012", "projects/210987654321"]
    assert budget["amount"]["specifiedAmount"] == {"currencyCode": "USD", "units": "5000"}
    assert not watched().of("Budget")


def test_two_sites_count_a_change_once_and_have_channels_of_their_own(us: dict[str, Declared]) -> None:
    assert us["us-cell"].of("Metric") and not us["us-cell-2"].of("Metric")
    assert us["us-cell"].one("NotificationChannel").inputs["displayName"] == "security"
    assert us["us-cell-2"].one("NotificationChannel").inputs["displayName"] == "virginia-security"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"contacts": ["nobody"]}, "careplane:contacts"),
        ({"monthlyBudget": 5000}, "careplane:billingAccount"),
        ({"monthlyBudget": "much", "billingAccount": ACCOUNT}, "careplane:monthlyBudget"),
    ],
)
def test_contacts_and_budgets_that_are_refused(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        watched(**changes)
