"""A tenant's topics and subscriptions: changes of records, the audit outbox, dead letters."""

from __future__ import annotations

from pathlib import Path

import pulumi

from infra.config import TenantConfig
from infra.pubsub.schema import Schema, SchemaArgs
from infra.pubsub.subscription import Subscription, SubscriptionArgs
from infra.pubsub.topic import Topic, TopicArgs
from infra.site import Site
from infra.stack.home import Home

AUDIT_RECORD = (Path(__file__).parent / "audit_record.proto").read_text()
"""The form of what the runtime publishes to the audit outbox (check 83)."""


class Messages:
    """`changes` hears of every change of a record. The audit outbox lies under the cell's key.

    Changes carry a bare name, as the Healthcare API's do: no schema can describe it.
    """

    def __init__(
        self,
        config: TenantConfig,
        site: Site,
        home: Home,
        key: pulumi.Input[str],
        runtime: pulumi.Input[str],
        ready: tuple[pulumi.Resource, ...],
    ) -> None:
        tenant, pubsub = f"{config.tenant}{config.suffix}", home.agent("pubsub")
        healthcare = config.profile.fhir == "healthcare"
        # Who tells of changes: the Healthcare API's agent, or the runtime of its own store.
        tells = {"healthcare": home.agent("healthcare")} if healthcare else {"runtime": runtime}
        fhir = Topic("fhir", TopicArgs(site, f"{tenant}-fhir", key, tells, ready))
        dead = Topic("dead", TopicArgs(site, f"{tenant}-dead", key, {"pubsub": pubsub}, ready))
        record = Schema(
            "audit-record", SchemaArgs(site, f"{tenant}-audit-record", AUDIT_RECORD, "PROTOCOL_BUFFER")
        )
        audit = Topic(
            "audit-outbox",
            TopicArgs(
                site,
                f"{tenant}-audit",
                home.part("keys", "audit"),
                {"runtime": runtime},
                ready,
                schema=record.id,
            ),
        )
        # Its own dead letters, under the cell's key as well: an audit record never lies under the tenant's.
        unwritten = Topic(
            "audit-dead",
            TopicArgs(site, f"{tenant}-audit-dead", home.part("keys", "audit"), {"pubsub": pubsub}, ready),
        )
        events = Subscription(
            "fhir-runtime",
            SubscriptionArgs(
                site,
                f"{tenant}-fhir-runtime",
                fhir.id,
                {"runtime": runtime, "pubsub": pubsub},
                dead.id,
                depends_on=(dead,),
            ),
        )
        outbox = Subscription(
            "audit-runtime",
            SubscriptionArgs(
                site,
                f"{tenant}-audit-runtime",
                audit.id,
                {"runtime": runtime, "pubsub": pubsub},
                unwritten.id,
                ack_deadline_seconds=60,
                # As often as Pub/Sub allows: after that it is kept for a person, never dropped.
                max_attempts=100,
                depends_on=(unwritten,),
            ),
        )
        kept = Subscription(
            "audit-dead-letters",
            SubscriptionArgs(
                site,
                f"{tenant}-audit-dead-letters",
                unwritten.id,
                labels={"careplane-purpose": "dead-letter"},
            ),
        )
        collected = Subscription(
            "dead-letters",
            SubscriptionArgs(
                site, f"{tenant}-dead-letters", dead.id, labels={"careplane-purpose": "dead-letter"}
            ),
        )
        self.changes = fhir.id
        self.topics = {"fhir": fhir.id, "dead": dead.id, "audit": audit.id}
        self.environment: dict[str, pulumi.Input[str]] = {
            "CAREPLANE_AUDIT_SUBSCRIPTION": outbox.id,
            "CAREPLANE_AUDIT_TOPIC": audit.id,
            "CAREPLANE_SUBSCRIPTION": events.id,
        }
        self.ready: tuple[pulumi.Resource, ...] = (
            fhir,
            dead,
            audit,
            unwritten,
            events,
            outbox,
            collected,
            kept,
        )
