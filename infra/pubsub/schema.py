"""A schema that a topic's messages must match, so that no consumer meets a surprise. Check 83.

Not for topics that the Healthcare API notifies: its messages carry a bare resource name.
https://cloud.google.com/pubsub/docs/schemas
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_gcp import pubsub

from infra.errors import ConfigError
from infra.site import Site

TYPES = ("AVRO", "PROTOCOL_BUFFER")
LONGEST = 300_000
"""Characters; Google's limit for a definition."""


@dataclass(frozen=True)
class SchemaArgs:
    """`definition` is the text of an Avro record (JSON) or of one Protocol Buffer message."""

    site: Site
    schema: str
    definition: str
    type: Literal["AVRO", "PROTOCOL_BUFFER"] = "AVRO"
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ConfigError("schema type", self.type, TYPES)
        if len(self.definition) > LONGEST:
            raise ConfigError("schema definition", f"{len(self.definition)} characters", f"up to {LONGEST}")
        if self.type == "AVRO" and not _is_record(self.definition):
            raise ConfigError("schema definition", self.definition[:80], "an Avro record as JSON")
        if self.type == "PROTOCOL_BUFFER" and "message " not in self.definition:
            raise ConfigError("schema definition", self.definition[:80], "a Protocol Buffer message")


class Schema(pulumi.ComponentResource):
    """`id` is the full name, for `TopicArgs.schema`."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: SchemaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:pubsub:Schema", name, {}, opts)
        schema = pubsub.Schema(
            name,
            name=args.schema,
            project=args.site.project,
            type=args.type,
            definition=args.definition,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.id = schema.id
        self.register_outputs({"id": self.id})


def _is_record(definition: str) -> bool:
    try:
        parsed = json.loads(definition)
    except ValueError:
        return False
    return isinstance(parsed, dict) and parsed.get("type") == "record"
