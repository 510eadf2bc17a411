from __future__ import annotations

import re

import pytest

from infra.errors import ConfigError
from infra.identity.usage import METHODS, UsageAlert, UsageAlertArgs, usage_filter
from tests.infra.engine import declare

BUCKET = "projects/careplane-cell/locations/europe-west3/buckets/audit"


def test_entries_of_the_project_itself() -> None:
    args = UsageAlertArgs("careplane-cell", ("channel",))
    found = declare(lambda: UsageAlert("u", args, "emergency") and None)
    alert = found.one("AlertPolicy").inputs
    (condition,) = alert["conditions"]
    assert condition["conditionMatchedLog"] == {"filter": usage_filter("emergency")}
    assert alert["alertStrategy"]["notificationRateLimit"] == {"period": "300s"}
    assert alert["notificationChannels"] == ["channel"]
    assert not found.of("Metric")


def test_entries_that_a_sink_brings() -> None:
    args = UsageAlertArgs("careplane-cell", ("channel",), BUCKET)
    found = declare(lambda: UsageAlert("u", args, "emergency") and None)
    metric = found.one("logging/metric:Metric").inputs
    assert (metric["bucketName"], metric["filter"]) == (BUCKET, usage_filter("emergency"))
    alert = found.one("AlertPolicy").inputs
    (condition,) = alert["conditions"]
    assert condition["conditionThreshold"]["filter"] == (
        'metric.type="logging.googleapis.com/user/break-glass-emergency" AND resource.type="logging_bucket"'
    )
    assert "notificationRateLimit" not in alert["alertStrategy"]


@pytest.mark.parametrize(
    ("method", "seen"),
    [
        ("google.cloud.privilegedaccessmanager.v1.PrivilegedAccessManager.CreateGrant", True),
        ("google.cloud.privilegedaccessmanager.v1.PrivilegedAccessManager.ApproveGrant", True),
        ("PAMActivateGrant", True),
        ("google.cloud.privilegedaccessmanager.v1.PrivilegedAccessManager.ListGrants", False),
        ("google.cloud.privilegedaccessmanager.v1.PrivilegedAccessManager.DenyGrant", False),
    ],
)
def test_what_counts_as_use(method: str, seen: bool) -> None:
    """Method names as https://cloud.google.com/iam/docs/audit-logging/audit-logging-pam has them."""
    assert bool(re.search(METHODS, method)) is seen


def test_somebody_is_told() -> None:
    with pytest.raises(ConfigError, match="channels: nothing was given"):
        UsageAlertArgs("careplane-cell", ())
