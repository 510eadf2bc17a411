from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from infra.errors import ConfigError
from infra.pubsub.delivery import BigQueryExport, Push
from infra.pubsub.subscription import Subscription, SubscriptionArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = SubscriptionArgs(SITE, "s", "topic")
PUSH = Push("https://riverside.example.org/events", "push@p.iam.gserviceaccount.com", "riverside")


def _inputs(args: SubscriptionArgs) -> dict[str, Any]:
    return declare(lambda: Subscription("s", args) and None).one("subscription:Subscription").inputs


def test_push_carries_a_token_for_its_audience() -> None:
    assert _inputs(replace(ARGS, push=PUSH))["pushConfig"] == {
        "pushEndpoint": "https://riverside.example.org/events",
        "oidcToken": {"serviceAccountEmail": "push@p.iam.gserviceaccount.com", "audience": "riverside"},
    }


def test_a_bare_payload_keeps_its_attributes_as_headers() -> None:
    assert _inputs(replace(ARGS, push=replace(PUSH, unwrapped=True)))["pushConfig"]["noWrapper"] == {
        "writeMetadata": True
    }


def test_rows_carry_their_metadata() -> None:
    config = _inputs(replace(ARGS, bigquery=BigQueryExport("p.d.t", "writer@p")))["bigqueryConfig"]
    assert (config["table"], config["serviceAccountEmail"]) == ("p.d.t", "writer@p")
    assert config["writeMetadata"] is True and config["dropUnknownFields"] is False


def test_an_address_known_only_later_is_judged_then() -> None:
    def program() -> None:
        late = pulumi.Output.from_input("http://riverside.example.org")
        Subscription("s", replace(ARGS, push=replace(PUSH, endpoint=late)))

    with pytest.raises(ValueError, match="an https:// address"):
        declare(program)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Push("http://riverside.example.org", "push@p"), "an https:// address"),
        (lambda: BigQueryExport("d.t"), r"PROJECT\.DATASET\.TABLE"),
        (lambda: BigQueryExport("p.d.t", use_topic_schema=True, use_table_schema=True), "the topic's or"),
        (lambda: replace(ARGS, push=PUSH, bigquery=BigQueryExport("p.d.t")), "one of them"),
        (lambda: replace(ARGS, push=PUSH, exactly_once=True), "with pull only"),
    ],
)
def test_what_google_would_refuse_or_nobody_should_send(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        make()
