from __future__ import annotations

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
