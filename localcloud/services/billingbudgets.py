"""Budgets of billing accounts: amounts and thresholds are checked; nothing is ever billed or notified.

https://cloud.google.com/billing/docs/reference/budget/rest
"""

from __future__ import annotations

from typing import Any

from localcloud import generic, projects
from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.registry import computed

_NANOS = 999_999_999


@computed("billingbudgets.billingAccounts.budgets")
def budget(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    _check_amount(body)
    for rule in body.get("thresholdRules") or []:
        percent = rule.get("thresholdPercent", 0)
        if isinstance(percent, bool) or not isinstance(percent, int | float) or percent < 0:
            raise ApiError(
                400, f"thresholdRules.thresholdPercent: {percent!r} is not allowed; allowed: 0 or more"
            )
        rule.setdefault("spendBasis", "CURRENT_SPEND")
    _check_period(body.setdefault("budgetFilter", {}))
    _check_notifications(cloud, body)
    if len(str(body.get("displayName", ""))) > 60:
        raise ApiError(400, "displayName: allowed are up to 60 characters.")
    body.setdefault("ownershipScope", "ALL_USERS")
    body["etag"] = generic.new_etag()


def _check_amount(body: Json) -> None:
    amount = body.get("amount") or {}
    kinds = [key for key in ("specifiedAmount", "lastPeriodAmount") if amount.get(key) is not None]
    if kinds == ["specifiedAmount", "lastPeriodAmount"] and not amount["specifiedAmount"]:
        del amount["specifiedAmount"]  # emptied part by part by an update's mask
    elif len(kinds) != 1:
        raise ApiError(400, "amount: exactly one of specifiedAmount and lastPeriodAmount must be given.")
    money = amount.get("specifiedAmount")
    if money is None:
        return
    units, nanos = _whole(money.get("units", 0), "units"), _whole(money.get("nanos", 0), "nanos")
    if not -_NANOS <= nanos <= _NANOS or units * nanos < 0:
        raise ApiError(
            400,
            f"amount.specifiedAmount.nanos: {nanos} is not allowed; allowed: up to {_NANOS}, signed as units",
        )
    if units < 0 or nanos < 0:
        raise ApiError(400, "amount.specifiedAmount: a budget cannot be negative.")
    money.setdefault("currencyCode", "EUR")


def _whole(value: Any, key: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ApiError(
            400, f"amount.specifiedAmount.{key}: {value!r} is not allowed; allowed: a whole number"
        ) from None


def _check_period(given: Json) -> None:
    given.setdefault("creditTypesTreatment", "INCLUDE_ALL_CREDITS")
    if given.get("creditTypes") and given["creditTypesTreatment"] != "INCLUDE_SPECIFIED_CREDITS":
        raise ApiError(400, "budgetFilter.creditTypes: only with INCLUDE_SPECIFIED_CREDITS.")
    if not given.get("customPeriod"):
        given.pop("customPeriod", None)
        given.setdefault("calendarPeriod", "MONTH")
    elif given.get("calendarPeriod"):
        raise ApiError(400, "budgetFilter: exactly one of calendarPeriod and customPeriod must be given.")


def _check_notifications(cloud: Cloud, body: Json) -> None:
    rule = body.get("notificationsRule")
    if not rule:
        body.pop("notificationsRule", None)
        return
    channels, topic = rule.get("monitoringNotificationChannels") or [], rule.get("pubsubTopic")
    if len(channels) > 5:
        raise ApiError(400, "notificationsRule.monitoringNotificationChannels: allowed are up to 5.")
    for channel in channels:
        if cloud.store.get("monitoring", channel) is None:
            raise ApiError(400, f"Notification channel {channel} does not exist.")
    if topic and cloud.store.get("pubsub", projects.normalise(cloud.store, topic)) is None:
        raise ApiError(400, f"notificationsRule.pubsubTopic: {topic} does not exist.")
    if rule.get("schemaVersion", "1.0") != "1.0":
        raise ApiError(400, f"schemaVersion: {rule['schemaVersion']!r} is not allowed; allowed: 1.0")
