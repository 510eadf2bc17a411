from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.events.scheduler import HttpTarget, Retry, Schedule, ScheduleArgs, TopicTarget
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

HTTP = HttpTarget("https://riverside.example.org/jobs/export", "sj-export", "riverside", body='{"a": 1}')
ARGS = ScheduleArgs(SITE, "riverside-export", "0 2 * * *", HTTP, "Europe/Berlin")


def schedule(args: ScheduleArgs = ARGS) -> Declared:
    return declare(lambda: {"member": Schedule("s", args).member})


def job(args: ScheduleArgs = ARGS) -> dict[str, Any]:
    return schedule(args).one("cloudscheduler/job:Job").inputs


def test_calls_with_a_token_of_its_own_identity_for_this_address() -> None:
    target = job()["httpTarget"]
    assert target["oidcToken"] == {
        "serviceAccountEmail": "sj-export@careplane-cell.iam.gserviceaccount.com",
        "audience": HTTP.uri,
    }
    assert base64.b64decode(target["body"]) == b'{"a": 1}'
    assert (job()["schedule"], job()["timeZone"], job()["region"]) == (
        "0 2 * * *",
        "Europe/Berlin",
        "europe-west3",
    )
    assert schedule().one("ServiceIamMember").inputs["role"] == "roles/run.invoker"


def test_retries_are_googles_own_unless_asked_for() -> None:
    assert "retryConfig" not in job()
    assert job(replace(ARGS, retry=Retry(3)))["retryConfig"] == {
        "retryCount": 3,
        "minBackoffDuration": "5s",
        "maxBackoffDuration": "3600s",
    }


def test_a_message_needs_no_identity_and_no_deadline() -> None:
    target = TopicTarget("projects/p/topics/t", "export", {"kind": "nightly"})
    found = schedule(replace(ARGS, target=target))
    made = found.one("cloudscheduler/job:Job").inputs
    assert made["pubsubTarget"]["topicName"] == "projects/p/topics/t"
    assert base64.b64decode(made["pubsubTarget"]["data"]) == b"export"
    assert not {"attemptDeadline", "httpTarget"} & made.keys()
    assert not found.of("serviceaccount/account:Account") and found.outputs == {"member": None}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"schedule": "daily"}, "schedule: 'daily' is not allowed; allowed: five fields"),
        ({"time_zone": "Berlin"}, "a name of the tz database"),
    ],
)
def test_a_time_that_google_cannot_read_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(ARGS, **given)


def test_an_address_without_tls_a_strange_method_and_a_long_deadline_are_refused() -> None:
    with pytest.raises(ConfigError, match="uri: 'http://riverside' is not allowed"):
        replace(HTTP, uri="http://riverside")
    with pytest.raises(ConfigError, match="DELETE, GET, PATCH, POST, PUT"):
        replace(HTTP, method="CALL")
    with pytest.raises(ConfigError, match="15 to 1800 seconds"):
        replace(HTTP, deadline=3600)
    with pytest.raises(ConfigError, match=r"retry\.count: 6 is not allowed; allowed: 0 to 5"):
        Retry(6)
    with pytest.raises(ConfigError, match=r"retry\.min_backoff"):
        Retry(1, min_backoff=60, max_backoff=30)
