"""Options of an HL7v2 store: how messages are parsed and who hears of them. Check 82.

https://cloud.google.com/healthcare-api/docs/reference/rest/v1/projects.locations.datasets.hl7V2Stores
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.errors import ConfigError

PARSERS = ("V1", "V2", "V3")


@dataclass(frozen=True)
class Notification:
    """`topic` hears of each message that `filter` lets pass: `messageType="ADT"`, `sendFacility="ABC"`.

    The message names its resource and carries no content. A filter by patient is refused: it would keep
    a patient's number in the store's configuration.
    """

    topic: pulumi.Input[str]
    filter: str = ""

    def __post_init__(self) -> None:
        if "patientid" in self.filter.lower():
            raise ConfigError("HL7v2 filter", self.filter, "a filter without PatientId(…)")

    def inputs(self) -> dict[str, Any]:
        return {"pubsub_topic": self.topic} | ({"filter": self.filter} if self.filter else {})


@dataclass(frozen=True)
class Hl7Options:
    """`schema` is the JSON of a schematised parser; `segment_terminator` is base64, \\r when unset."""

    parser: str = "V3"
    schema: str | None = None
    segment_terminator: str | None = None
    allow_null_header: bool = False
    reject_duplicates: bool = True
    notifications: tuple[Notification, ...] = ()

    def __post_init__(self) -> None:
        if self.parser not in PARSERS:
            raise ConfigError("HL7v2 parser", self.parser, PARSERS)
        if self.schema is not None and not _is_object(self.schema):
            raise ConfigError("HL7v2 schema", self.schema[:80], "a JSON object")

    def inputs(self) -> dict[str, Any]:
        """Arguments of `healthcare.Hl7Store`."""
        parser: dict[str, Any] = {"version": self.parser, "allow_null_header": self.allow_null_header}
        if self.schema:
            parser["schema"] = self.schema
        if self.segment_terminator:
            parser["segment_terminator"] = self.segment_terminator
        return {
            "reject_duplicate_message": self.reject_duplicates,
            "parser_config": parser,
            "notification_configs": [each.inputs() for each in self.notifications] or None,
        }


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
