from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from infra.errors import ConfigError
from infra.identity.expiring import ExpiringGrant, ExpiringGrantArgs
from tests.infra.engine import declare

BEGIN = datetime(2026, 12, 1, 8, tzinfo=UTC)
ARGS = ExpiringGrantArgs(
    "careplane-cell", "roles/cloudsql.viewer", "user:a@example.org", BEGIN, BEGIN + timedelta(days=7), "CHG-1"
)


def test_the_grant_ends_by_itself() -> None:
    grant = declare(lambda: ExpiringGrant("g", ARGS) and None).one("IAMMember").inputs
    assert grant["condition"] == {
        "title": "until 2026-12-08T08:00:00Z",
        "description": "CHG-1",
        "expression": "request.time >= timestamp('2026-12-01T08:00:00Z') && "
        "request.time < timestamp('2026-12-08T08:00:00Z')",
    }


def test_times_are_written_in_utc() -> None:
    noon = datetime(2026, 12, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert "'2026-12-01T10:00:00Z'" in replace(ARGS, begins=noon).expression


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ends": BEGIN + timedelta(days=31)}, "ends: .*allowed: up to 30 days after begins"),
        ({"ends": BEGIN}, "ends"),
        ({"ends": datetime(2026, 12, 8)}, "ends: .*a time with its time zone"),
        ({"role": "roles/editor"}, "role: 'roles/editor'"),
        ({"member": "allUsers"}, "member: 'allUsers'"),
        ({"reason": ""}, "reason: nothing was given"),
    ],
)
def test_refused(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)  # type: ignore[arg-type]
