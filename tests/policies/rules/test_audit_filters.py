"""Filters of sinks: whole, a part, or nothing of the audit logs."""

from __future__ import annotations

import pytest

from policies.rules.audit_filters import AUDIT_LOGS, takes_audit

NAMED = " OR ".join(f'log_id("{log}")' for log in AUDIT_LOGS)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "  ",
        NAMED,
        f'{NAMED} OR log_id("careplane-audit")',
        NAMED.replace(" OR ", "\n  OR "),
        f"({NAMED})",
        'logName:"cloudaudit.googleapis.com"',
        "logName:cloudaudit.googleapis.com",
        'logName:"/logs/cloudaudit.googleapis.com%2F"',
    ],
)
def test_every_audit_log_is_taken(given: str | None) -> None:
    assert takes_audit(given) is True


@pytest.mark.parametrize(
    "given",
    [
        'log_id("cloudaudit.googleapis.com/activity")',
        'logName:"cloudaudit.googleapis.com%2Factivity"',
        f"{NAMED} AND severity>=ERROR",
        f"{NAMED}\nresource.type=gcs_bucket",
        f"NOT ({NAMED})",
        f"-{NAMED}",
        'logName="projects/p/logs/cloudaudit.googleapis.com%2Factivity"',
        'protoPayload.serviceName="storage.googleapis.com" AND logName:cloudaudit.googleapis.com',
    ],
)
def test_a_part_is_a_part(given: str) -> None:
    assert takes_audit(given) is False


@pytest.mark.parametrize("given", ['log_id("syslog")', "severity>=ERROR", 7, ["x"]])
def test_other_filters_name_no_audit_log(given: object) -> None:
    assert takes_audit(given) is None
