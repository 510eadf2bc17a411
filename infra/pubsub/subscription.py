"""A pull subscription that never expires; what fails too often goes to a dead-letter topic (check 75)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import pubsub

from infra.site import Site

MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class SubscriptionArgs:
    """`subscribers` maps a short name to an IAM member; with `dead_letters` one is Pub/Sub's agent."""

    site: Site
    subscription: str
    topic: pulumi.Input[str]
    subscribers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    dead_letters: pulumi.Input[str] | None = None
    ack_deadline_seconds: int = 30
    max_attempts: int = MAX_ATTEMPTS
    labels: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()


class Subscription(pulumi.ComponentResource):
    def __init__(self, name: str, args: SubscriptionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:pubsub:Subscription", name, {}, opts)
        subscription = pubsub.Subscription(
            name,
            name=args.subscription,
            project=args.site.project,
            topic=args.topic,
            ack_deadline_seconds=args.ack_deadline_seconds,
            message_retention_duration="604800s",
            expiration_policy={"ttl": ""},
            retry_policy={"minimum_backoff": "1s", "maximum_backoff": "60s"},
            dead_letter_policy={
                "dead_letter_topic": args.dead_letters,
                "max_delivery_attempts": args.max_attempts,
            }
            if args.dead_letters
            else None,
            labels={**args.site.labels, **args.labels},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.id = subscription.id
        for who, member in args.subscribers.items():
            pubsub.SubscriptionIAMMember(
                f"{name}-{who}",
                project=args.site.project,
                subscription=subscription.name,
                role="roles/pubsub.subscriber",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"id": self.id})
