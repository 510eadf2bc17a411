"""A topic under a key of ours that stays in its region. Checks 10 and 87."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import pubsub

from infra.site import Site

RETENTION = "604800s"
"""7 days: what was missed in a disaster can be replayed by seeking."""


@dataclass(frozen=True)
class TopicArgs:
    """`publishers` maps a short name to an IAM member."""

    site: Site
    topic: str
    key: pulumi.Input[str]
    publishers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()


class Topic(pulumi.ComponentResource):
    """Depend on the component, not the topic, where the publishers' grants must exist."""

    def __init__(self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:pubsub:Topic", name, {}, opts)
        self.topic = pubsub.Topic(
            name,
            name=args.topic,
            project=args.site.project,
            kms_key_name=args.key,
            message_retention_duration=RETENTION,
            message_storage_policy={
                "allowed_persistence_regions": [args.site.region],
                "enforce_in_transit": True,
            },
            labels=dict(args.site.labels),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.id = self.topic.id
        for who, member in args.publishers.items():
            pubsub.TopicIAMMember(
                f"{name}-{who}",
                project=args.site.project,
                topic=self.topic.name,
                role="roles/pubsub.publisher",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"id": self.id})
