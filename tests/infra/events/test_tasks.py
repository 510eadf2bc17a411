from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.events.tasks import Queue, QueueArgs, Rate, Retries
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

ARGS = QueueArgs(
    SITE,
    "riverside-exports",
    "tq-exports",
    "riverside",
    "riverside.example.org",
    "https://riverside.example.org",
    {"runtime": "serviceAccount:runtime@p"},
    Rate(10, 5),
    Retries(20, 0.5, 300),
)


def queue(args: QueueArgs = ARGS) -> Declared:
    return declare(lambda: {"id": Queue("q", args).id})


def test_tasks_are_called_with_the_queues_identity_at_one_host_over_tls() -> None:
    found = queue()
    target = found.one("cloudtasks/queue:Queue").inputs["httpTarget"]
    assert target["uriOverride"] == {
        "scheme": "HTTPS",
        "host": "riverside.example.org",
        "uriOverrideEnforceMode": "ALWAYS",
    }
    assert target["oidcToken"]["serviceAccountEmail"].startswith("tq-exports@")
    assert found.one("ServiceIamMember").inputs["role"] == "roles/run.invoker"
    assert found.outputs == {"id": "projects/careplane-cell/locations/europe-west3/queues/riverside-exports"}


def test_the_service_is_neither_flooded_nor_given_up() -> None:
    made = queue().one("cloudtasks/queue:Queue").inputs
    assert made["rateLimits"] == {"maxDispatchesPerSecond": 10, "maxConcurrentDispatches": 5}
    assert made["retryConfig"] == {"maxAttempts": 20, "minBackoff": "0.5s", "maxBackoff": "300s"}


def test_only_the_named_may_enqueue() -> None:
    grant = queue().one("QueueIamMember").inputs
    assert (grant["role"], grant["member"]) == ("roles/cloudtasks.enqueuer", "serviceAccount:runtime@p")


def test_limits_that_google_would_refuse_are_refused_first() -> None:
    with pytest.raises(ConfigError, match=r"rate\.per_second: 501"):
        Rate(501)
    with pytest.raises(ConfigError, match=r"rate\.concurrent: 0"):
        Rate(1, 0)
    with pytest.raises(ConfigError, match=r"retries\.attempts: 0"):
        Retries(0)
    with pytest.raises(ConfigError, match=r"retries\.min_backoff"):
        Retries(1, 10, 5)
    with pytest.raises(ConfigError, match="host: 'https://riverside' is not allowed"):
        replace(ARGS, host="https://riverside")
    with pytest.raises(ConfigError, match="log_sample: 2"):
        replace(ARGS, log_sample=2)
