from __future__ import annotations

import pytest

from infra.audit.filters import AUDIT_LOGS, EVERY_FILTER, FILTER, require_audit
from infra.errors import ConfigError

GOOGLE = " OR ".join(f'log_id("{log}")' for log in AUDIT_LOGS)


@pytest.mark.parametrize("given", ["", "  ", FILTER, EVERY_FILTER, GOOGLE, f'{GOOGLE} OR log_id("x")'])
def test_whatever_takes_every_audit_log_passes(given: str) -> None:
    assert require_audit(given) == given


@pytest.mark.parametrize(
    "given",
    [
        'log_id("careplane-audit")',
        'log_id("cloudaudit.googleapis.com/activity") OR log_id("cloudaudit.googleapis.com/policy")',
        f"({GOOGLE}) AND severity>=ERROR",
        f'NOT log_id("cloudaudit.googleapis.com/data_access") OR {GOOGLE}',
        f'{GOOGLE} AND -resource.type="gcs_bucket"',
        f'{GOOGLE} AND protoPayload.authenticationInfo.principalEmail!="a@example.org"',
    ],
)
def test_whatever_drops_an_audit_log_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match=r"sink filter: .*allowed: empty, or log_id"):
        require_audit(given)
