"""A topic hears of changes in a bucket.

https://cloud.google.com/storage/docs/pubsub-notifications
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import pubsub, storage

from infra.errors import ConfigError
from infra.site import Site

EVENTS = ("OBJECT_ARCHIVE", "OBJECT_DELETE", "OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE")


@dataclass(frozen=True)
class BucketNotificationArgs:
    """`agent` is Cloud Storage's service agent, an IAM member, which gets the right to publish.

    No `events` means all. `metadata` sends the object's metadata too, not only its name and generation.
    """

    site: Site
    bucket: pulumi.Input[str]
    topic: pulumi.Input[str]
    agent: pulumi.Input[str]
    events: tuple[str, ...] = ()
    prefix: str | None = None
    metadata: bool = False

    def __post_init__(self) -> None:
        for event in self.events:
            if event not in EVENTS:
                raise ConfigError("bucket notification event", event, EVENTS)


class BucketNotification(pulumi.ComponentResource):
    """Names of objects travel in it: they must not hold a patient's data."""

    def __init__(
        self, name: str, args: BucketNotificationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("careplane:storage:BucketNotification", name, {}, opts)
        grant = pubsub.TopicIAMMember(
            f"{name}-storage",
            project=args.site.project,
            topic=args.topic,
            role="roles/pubsub.publisher",
            member=args.agent,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Google publishes a trial message when the notification is made: the grant comes first.
        storage.Notification(
            name,
            bucket=args.bucket,
            topic=args.topic,
            payload_format="JSON_API_V1" if args.metadata else "NONE",
            event_types=list(args.events) or None,
            object_name_prefix=args.prefix,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grant]),
        )
        self.register_outputs({})
