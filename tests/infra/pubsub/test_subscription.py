from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.pubsub.subscription import Subscription, SubscriptionArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_never_expires_and_gives_up_after_five() -> None:
    args = SubscriptionArgs(SITE, "s", "topic", {"runtime": "serviceAccount:r"}, "dead")
    found = declare(lambda: Subscription("s", args) and None)
    subscription = found.one("pubsub/subscription:Subscription").inputs
    assert subscription["expirationPolicy"] == {"ttl": ""}
    assert subscription["deadLetterPolicy"] == {"deadLetterTopic": "dead", "maxDeliveryAttempts": 5}
    assert found.one("SubscriptionIAMMember").inputs["role"] == "roles/pubsub.subscriber"


def test_without_dead_letters_and_with_labels() -> None:
    args = SubscriptionArgs(SITE, "s", "topic", labels={"careplane-purpose": "audit-outbox"})
    inputs = declare(lambda: Subscription("s", args) and None).one("pubsub/subscription:Subscription").inputs
    assert "deadLetterPolicy" not in inputs
    assert inputs["labels"] == {"tenant": "riverside", "careplane-purpose": "audit-outbox"}


def test_the_agent_is_granted_both_rights_before_the_subscription_needs_them() -> None:
    args = SubscriptionArgs(SITE, "s", "topic", dead_letters="projects/p/topics/dead", agent="agent")
    found = declare(lambda: Subscription("s", args) and None)
    publisher, subscriber = found.one("TopicIAMMember"), found.one("SubscriptionIAMMember", "s-pubsub")
    assert publisher.inputs["topic"] == "projects/p/topics/dead"
    assert publisher.inputs["member"] == subscriber.inputs["member"] == "agent"
    assert publisher.inputs["role"] == "roles/pubsub.publisher"
    before = found.before(found.one("subscription:Subscription"))
    assert "gcp:pubsub/topicIAMMember:TopicIAMMember::s-dead-letters" in before


def test_order_once_filter_retention_and_expiry() -> None:
    args = SubscriptionArgs(
        SITE,
        "s",
        "topic",
        ordered=True,
        exactly_once=True,
        filter='attributes.kind="booked"',
        retention_seconds=86400,
        expires_after=2678400,
        minimum_backoff=10,
        maximum_backoff=600,
    )
    inputs = declare(lambda: Subscription("s", args) and None).one("subscription:Subscription").inputs
    assert inputs["enableMessageOrdering"] is inputs["enableExactlyOnceDelivery"] is True
    assert inputs["filter"] == 'attributes.kind="booked"'
    assert inputs["messageRetentionDuration"] == "86400s"
    assert inputs["expirationPolicy"] == {"ttl": "2678400s"}
    assert inputs["retryPolicy"] == {"minimumBackoff": "10s", "maximumBackoff": "600s"}


def test_todays_inputs_are_unchanged_without_the_new_arguments() -> None:
    inputs = declare(lambda: Subscription("s", SubscriptionArgs(SITE, "s", "topic")) and None)
    assert inputs.one("subscription:Subscription").inputs == {
        "name": "s",
        "project": "careplane-cell",
        "topic": "topic",
        "ackDeadlineSeconds": 30,
        "messageRetentionDuration": "604800s",
        "expirationPolicy": {"ttl": ""},
        "retryPolicy": {"minimumBackoff": "1s", "maximumBackoff": "60s"},
        "labels": {"tenant": "riverside"},
    }


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ack_deadline_seconds": 5}, "10 to 600"),
        ({"max_attempts": 101}, "5 to 100"),
        ({"maximum_backoff": 601}, "0 to 600"),
        ({"retention_seconds": 60}, "600 to 2678400"),
        ({"expires_after": 3600}, "86400 or more"),
        ({"filter": "x" * 257}, "up to 256 bytes"),
        ({"agent": "agent"}, "with dead_letters"),
        ({"agent": "a", "dead_letters": "d", "subscribers": {"pubsub": "a"}}, "not a subscriber too"),
        ({"subscribers": {"all": "allUsers"}}, "member of a subscription"),
    ],
)
def test_bad_arguments_say_what_is_allowed(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        SubscriptionArgs(SITE, "s", "topic", **changes)
