"""A subscription that never expires; what fails too often goes to a dead-letter topic. Checks 24 and 75."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import pubsub

from infra.errors import ConfigError
from infra.members import require_members
from infra.pubsub.delivery import BigQueryExport, Push
from infra.site import Site

MAX_ATTEMPTS = 5
RETENTION_SECONDS = 7 * 24 * 3600
DAY = 24 * 3600
FILTER_BYTES = 256

_RANGES = {
    "ack_deadline_seconds": (10, 600),
    "max_attempts": (5, 100),
    "minimum_backoff": (0, 600),
    "maximum_backoff": (0, 600),
    "retention_seconds": (600, 31 * DAY),
}
"""Google's limits: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions"""


@dataclass(frozen=True)
class SubscriptionArgs:
    """`subscribers` maps a short name to an IAM member; with `dead_letters` one is Pub/Sub's agent.

    Given as `agent` instead, the component grants it both rights: to publish to `dead_letters` and to
    subscribe here. Backoffs, retention and `expires_after` (never when None) are in seconds. `filter` sees
    attributes only, and keep patients out of those. `exactly_once` needs pull.
    """

    site: Site
    subscription: str
    topic: pulumi.Input[str]
    subscribers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    dead_letters: pulumi.Input[str] | None = None
    ack_deadline_seconds: int = 30
    max_attempts: int = MAX_ATTEMPTS
    labels: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()
    push: Push | None = None
    bigquery: BigQueryExport | None = None
    agent: pulumi.Input[str] | None = None
    ordered: bool = False
    exactly_once: bool = False
    filter: str | None = None
    minimum_backoff: int = 1
    maximum_backoff: int = 60
    retention_seconds: int = RETENTION_SECONDS
    expires_after: int | None = None

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"subscription {name}", getattr(self, name), f"{least} to {most}")
        require_members(self.readers.values(), "a subscription")
        self._require_delivery()
        if self.agent is not None and (self.dead_letters is None or "pubsub" in self.subscribers):
            raise ConfigError("subscription agent", "agent", "with dead_letters, and not a subscriber too")
        if self.expires_after is not None and self.expires_after < DAY:
            raise ConfigError("subscription expires_after", self.expires_after, f"{DAY} or more, or None")
        if self.filter is not None and len(self.filter.encode()) > FILTER_BYTES:
            raise ConfigError("subscription filter", self.filter, f"up to {FILTER_BYTES} bytes")

    def _require_delivery(self) -> None:
        if self.push and self.bigquery:
            raise ConfigError("subscription delivery", "push and bigquery", "one of them, or neither")
        if self.exactly_once and (self.push or self.bigquery):
            raise ConfigError("subscription exactly_once", True, "with pull only")

    @property
    def readers(self) -> dict[str, pulumi.Input[str]]:
        """Everybody who takes messages here, by short name."""
        return {**self.subscribers, **({"pubsub": self.agent} if self.agent is not None else {})}


class Subscription(pulumi.ComponentResource):
    """`id` is the full name."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: SubscriptionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:pubsub:Subscription", name, {}, opts)
        subscription = self._subscription(name, args)
        self.id = subscription.id
        for who, member in args.readers.items():
            pubsub.SubscriptionIAMMember(
                f"{name}-{who}",
                project=args.site.project,
                subscription=subscription.name,
                role="roles/pubsub.subscriber",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"id": self.id})

    def _subscription(self, name: str, args: SubscriptionArgs) -> pubsub.Subscription:
        return pubsub.Subscription(
            name,
            name=args.subscription,
            project=args.site.project,
            topic=args.topic,
            ack_deadline_seconds=args.ack_deadline_seconds,
            message_retention_duration=f"{args.retention_seconds}s",
            expiration_policy={"ttl": f"{args.expires_after}s" if args.expires_after else ""},
            retry_policy={
                "minimum_backoff": f"{args.minimum_backoff}s",
                "maximum_backoff": f"{args.maximum_backoff}s",
            },
            dead_letter_policy={
                "dead_letter_topic": args.dead_letters,
                "max_delivery_attempts": args.max_attempts,
            }
            if args.dead_letters
            else None,
            push_config=pubsub.SubscriptionPushConfigArgs(**args.push.inputs()) if args.push else None,
            bigquery_config=pubsub.SubscriptionBigqueryConfigArgs(**args.bigquery.inputs())
            if args.bigquery
            else None,
            enable_message_ordering=args.ordered or None,
            enable_exactly_once_delivery=args.exactly_once or None,
            filter=args.filter,
            labels={**args.site.labels, **args.labels},
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*args.depends_on, *self._dead_letter_grant(name, args)]
            ),
        )

    def _dead_letter_grant(self, name: str, args: SubscriptionArgs) -> list[pulumi.Resource]:
        """Without it Pub/Sub drops nothing but delivers the same message for ever."""
        if args.agent is None or args.dead_letters is None:
            return []
        return [
            pubsub.TopicIAMMember(
                f"{name}-dead-letters",
                project=args.site.project,
                topic=args.dead_letters,
                role="roles/pubsub.publisher",
                member=args.agent,
                opts=pulumi.ResourceOptions(parent=self),
            )
        ]
