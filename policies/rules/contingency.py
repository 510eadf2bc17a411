"""Contingency: no event is dropped silently, and nothing with patient data is deleted by accident."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Resource
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import CONTINGENCY
from policies.stack import Stack

TOPIC = "projects/p/topics/dead"


@rule(
    id="subscription-dead-letter",
    number=75,
    title="Every subscription has a dead letter topic",
    remedy="Set deadLetterPolicy.deadLetterTopic and maxDeliveryAttempts.",
    severity="high",
    types=("gcp:pubsub/subscription:Subscription",),
    controls=CONTINGENCY,
    fails={"name": "runtime"},
    passes={"deadLetterPolicy": {"deadLetterTopic": TOPIC, "maxDeliveryAttempts": 5}},
)
def subscription_dead_letter(resource: Resource, stack: Stack) -> Iterator[Problem]:
    labels = resource.properties.get("labels") or {}
    if labels.get("careplane-purpose") == "dead-letter":
        raise NotApplicable("this subscription holds dead letters itself; a person empties it")
    if not resource.at("deadLetterPolicy.deadLetterTopic"):
        yield Problem("deadLetterPolicy.deadLetterTopic", None)


@rule(
    id="sql-deletion-protection",
    number=72,
    title="Cloud SQL instances refuse deletion, by Pulumi and by every other client",
    remedy="Set settings.deletionProtectionEnabled and deletionProtection to true.",
    severity="critical",
    types=("gcp:sql/databaseInstance:DatabaseInstance",),
    controls=CONTINGENCY,
    fails={"deletionProtection": True, "settings": {}},
    passes={"deletionProtection": True, "settings": {"deletionProtectionEnabled": True}},
)
def sql_deletion_protection(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if stack.context.decommission:
        raise NotApplicable("protection is lifted by the decommission step of this stack")
    for path in ("deletionProtection", "settings.deletionProtectionEnabled"):
        # Pulumi's own protection is on where the program leaves it out.
        seen = resource.at(path)
        if seen is False or (seen is None and path.startswith("settings")):
            yield Problem(path, seen)
