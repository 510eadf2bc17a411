"""A topic under a key of ours that stays in its region. Checks 10, 83 and 87."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi
from pulumi_gcp import pubsub

from infra.errors import ConfigError
from infra.members import require_members
from infra.site import Site

RETENTION = "604800s"
"""7 days: what was missed in a disaster can be replayed by seeking."""
ENCODINGS = ("BINARY", "JSON")
HEALTHCARE = "gcp-sa-healthcare"


@dataclass(frozen=True)
class TopicArgs:
    """`publishers` maps a short name to an IAM member; messages may also rest in `more_regions`.

    `schema` by full name: never on a topic that the Healthcare API publishes to.
    """

    site: Site
    topic: str
    key: pulumi.Input[str]
    publishers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()
    schema: pulumi.Input[str] | None = None
    encoding: Literal["BINARY", "JSON"] = "JSON"
    more_regions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for region in self.more_regions:
            self.site.jurisdiction.require(region, f"messages of topic {self.topic}")
        require_members(self.publishers.values(), "a topic")
        if self.encoding not in ENCODINGS:
            raise ConfigError("topic encoding", self.encoding, ENCODINGS)
        if self.schema is not None and any(map(_is_healthcare, self.publishers.items())):
            raise ConfigError("topic schema", self.schema, "none where the Healthcare API publishes")

    @property
    def regions(self) -> list[str]:
        """Where messages may be stored, the site's own region first."""
        return [self.site.region, *(each for each in self.more_regions if each != self.site.region)]


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
                "allowed_persistence_regions": args.regions,
                "enforce_in_transit": True,
            },
            schema_settings={"schema": args.schema, "encoding": args.encoding} if args.schema else None,
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


def _is_healthcare(publisher: tuple[str, pulumi.Input[str]]) -> bool:
    who, member = publisher
    return who == "healthcare" or (isinstance(member, str) and HEALTHCARE in member)
