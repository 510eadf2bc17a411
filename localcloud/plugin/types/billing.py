"""Budgets: https://cloud.google.com/billing/docs/reference/budget/rest"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import as_set
from localcloud.plugin.kinds import Field, Json, Kind, always, moved

_MASKS = {
    "budgetFilter": (
        "projects",
        "resourceAncestors",
        "labels",
        "calendarPeriod",
        "customPeriod",
        "services",
        "creditTypesTreatment",
        "creditTypes",
        "subaccounts",
    ),
    "amount": ("specifiedAmount.currencyCode", "specifiedAmount.units", "specifiedAmount.nanos"),
    "notificationsRule": (
        "pubsubTopic",
        "schemaVersion",
        "monitoringNotificationChannels",
        "disableDefaultIamRecipients",
        "enableProjectLevelRecipients",
    ),
}
"""The published provider names every part of an object that changed."""


class Budget(Behaviour):
    def identify(self, values: Json, answer: Json) -> Json:
        return {"name": _last(answer["name"])}

    def body(self, values: Json) -> Json | None:
        """Last period's spend is a flag to the program, and an empty message to Google."""
        body = super().body(values) or {}
        if values["amount"].get("lastPeriodAmount"):
            body["amount"] = {"lastPeriodAmount": {}}
        return body

    def mask(self, changed: set[str]) -> list[str]:
        return [
            path
            for name in super().mask(changed)
            for path in ([f"{name}.{part}" for part in _MASKS[name]] if name in _MASKS else [name])
        ]


def _last(value: Any) -> str:
    return str(value or "").rsplit("/", 1)[-1]


def _to_lists(value: Json | None) -> Json | None:
    return {key: [text] for key, text in value.items()} if value else None


def _from_lists(value: Json | None) -> Json | None:
    """Google takes lists of one value for now."""
    return {key: found[0] for key, found in value.items()} if value else None


KINDS = (
    Kind(
        token="gcp:billing/budget:Budget",
        api="billingBudgets",
        path="billingAccounts/{billingAccount}/budgets/{name|base}",
        behaviour=Budget,
        autoname=False,
        defaults={
            "budgetFilter.creditTypesTreatment": "INCLUDE_ALL_CREDITS",
            "thresholdRules.spendBasis": "CURRENT_SPEND",
            "allUpdatesRule.schemaVersion": "1.0",
        },
        fields={
            "name": Field(decode=_last),
            "allUpdatesRule": moved("notificationsRule"),
            "amount.lastPeriodAmount": Field(encode=lambda _: None, decode=lambda found: found is not None),
            "budgetFilter.labels": Field(encode=_to_lists, decode=_from_lists),
            "thresholdRules.thresholdPercent": always(0),
        },
        computed=frozenset({"budgetFilter", "ownershipScope", "amount.specifiedAmount.currencyCode"}),
        equal={"budgetFilter.projects": as_set},
    ),
)
