from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.monitoring.budget import Budget, BudgetArgs
from tests.infra.engine import declare

ARGS = BudgetArgs("AAAAAA-BBBBBB-CCCCCC", "cell", 5000, projects=("projects/1",))


def test_a_monthly_amount_with_its_thresholds() -> None:
    budget = declare(lambda: Budget("b", ARGS) and None).one("Budget").inputs
    assert budget["amount"] == {"specifiedAmount": {"currencyCode": "EUR", "units": "5000"}}
    assert budget["budgetFilter"] == {"calendarPeriod": "MONTH", "projects": ["projects/1"]}
    spent = [(each["thresholdPercent"], each["spendBasis"]) for each in budget["thresholdRules"]]
    assert spent == [
        (0.5, "CURRENT_SPEND"),
        (0.9, "CURRENT_SPEND"),
        (1.0, "CURRENT_SPEND"),
        (1.0, "FORECASTED_SPEND"),
    ]
    assert "allUpdatesRule" not in budget


def test_channels_are_told_in_place_of_the_administrators() -> None:
    args = replace(ARGS, channels=("channel",), topic="projects/p/topics/spend", forecast=None)
    budget = declare(lambda: Budget("b", args) and None).one("Budget").inputs
    assert budget["allUpdatesRule"] == {
        "monitoringNotificationChannels": ["channel"],
        "pubsubTopic": "projects/p/topics/spend",
        "schemaVersion": "1.0",
        "disableDefaultIamRecipients": True,
    }
    assert {each["spendBasis"] for each in budget["thresholdRules"]} == {"CURRENT_SPEND"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"amount": 0}, "1 or more"),
        ({"currency": "euro"}, "ISO 4217"),
        ({"thresholds": ()}, "one or more"),
        ({"thresholds": (0.0,)}, "above 0"),
        ({"channels": tuple("abcdef")}, "up to 5"),
    ],
)
def test_bad_arguments_say_what_is_allowed(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)
