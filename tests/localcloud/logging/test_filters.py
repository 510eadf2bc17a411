"""The query language, term by term."""

from __future__ import annotations

import pytest

from localcloud.api import ApiError
from localcloud.logs.filters import compiled

ENTRY = {
    "logName": "projects/p/logs/app%2Faccess",
    "severity": "ERROR",
    "timestamp": "2026-01-02T03:04:05.000000Z",
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "riverside"}},
    "labels": {"k8s.io/app": "web"},
    "insertId": "1",
    "jsonPayload": {
        "user": "Ann",
        "count": 7,
        "ok": True,
        "tags": ["a", "b"],
        "http_request": {"status": 503},
    },
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "severity=ERROR",
        "severity>=WARNING",
        "severity<CRITICAL",
        "severity=error",
        "severity=(INFO OR ERROR)",
        'logName="projects/p/logs/app%2Faccess"',
        'logName:"access"',
        'log_id("app/access")',
        "resource.type=cloud_run_revision",
        'resource.labels.service_name="RIVERSIDE"',
        'labels."k8s.io/app"=web',
        "jsonPayload.user=ann",
        "jsonPayload.user!=bob",
        "jsonPayload.count>5 jsonPayload.count<=7",
        "jsonPayload.ok=true",
        "jsonPayload.tags=b",
        "jsonPayload.user:*",
        'jsonPayload.user=~"^A.n$"',
        'jsonPayload.user!~"^B"',
        "jsonPayload.http_request.status>=500",
        'timestamp>="2026-01-01T00:00:00Z" AND timestamp<"2026-01-03"',
        "riverside",
        '"ann"',
        "NOT severity=INFO",
        "-jsonPayload.user=bob",
        "severity=INFO OR severity=ERROR",
        "(severity=INFO OR severity=ERROR) AND jsonPayload.user=ann",
        "severity=ERROR\njsonPayload.user=ann",
        "severity=ERROR -- a comment\njsonPayload.user=ann",
        "jsonPayload.user=bob OR severity=ERROR AND jsonPayload.user=ann",
    ],
)
def test_fits(text: str) -> None:
    assert compiled(text)(ENTRY)


@pytest.mark.parametrize(
    "text",
    [
        "severity=INFO",
        "severity>ERROR",
        "jsonPayload.nothing=1",
        "jsonPayload.nothing!=1",
        "jsonPayload.user=~a",
        "NOT severity=ERROR",
        "nowhere",
        'timestamp>"2027-01-01T00:00:00Z"',
        "jsonPayload.count>7",
        "severity=ERROR AND jsonPayload.user=bob",
        "severity=ERROR OR severity=INFO AND jsonPayload.user=bob",
    ],
)
def test_does_not_fit(text: str) -> None:
    assert not compiled(text)(ENTRY)


@pytest.mark.parametrize(
    "text",
    [
        "severity=",
        "(severity=ERROR",
        "severity=ERROR)",
        "severity=LOUD",
        'timestamp>"yesterday"',
        'a=~"("',
        "AND",
    ],
)
def test_a_bad_query_is_400(text: str) -> None:
    with pytest.raises(ApiError) as error:
        compiled(text)
    assert error.value.code == 400
