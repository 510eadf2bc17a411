"""Options of a FHIR store: validation, consent enforcement, notification and BigQuery streaming.

https://cloud.google.com/healthcare-api/docs/reference/rest/v1/projects.locations.datasets.fhirStores
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from infra.errors import ConfigError

HEADER_HANDLING = ("PERMIT_EMPTY_SCOPE", "REQUIRED_ON_READ")
LOG_LEVELS = ("DISABLED", "MINIMUM", "VERBOSE")
DEEPEST = 5
"""The deepest recursive structure that Google writes to BigQuery."""


@dataclass(frozen=True)
class Consent:
    """Access is judged by the patients' Consent resources, version V1 (check 39).

    `header`: REQUIRED_ON_READ refuses a read without `X-Consent-Scope`; PERMIT_EMPTY_SCOPE lets it pass.
    Google keeps the version once set. https://cloud.google.com/healthcare-api/docs/fhir-consent
    """

    header: str = "REQUIRED_ON_READ"
    log_level: str = "MINIMUM"

    def __post_init__(self) -> None:
        _require("consent header handling", self.header, HEADER_HANDLING)
        _require("consent log level", self.log_level, LOG_LEVELS)

    def inputs(self) -> dict[str, Any]:
        return {
            "version": "V1",
            "access_enforced": True,
            "consent_header_handling": {"profile": self.header},
            "access_determination_log_config": {"log_level": self.log_level},
        }


@dataclass(frozen=True)
class Validation:
    """What is checked of each incoming resource: everything, unless turned off (check 81).

    `guides` are URLs of implementation guides in the store, whose profiles then apply.
    """

    guides: tuple[str, ...] = ()
    profiles: bool = True
    required_fields: bool = True
    reference_types: bool = True
    fhirpath: bool = True

    def inputs(self) -> dict[str, Any]:
        rules: dict[str, Any] = {
            "disable_profile_validation": not self.profiles,
            "disable_required_field_validation": not self.required_fields,
            "disable_reference_type_validation": not self.reference_types,
            "disable_fhirpath_validation": not self.fhirpath,
        }
        return rules | ({"enabled_implementation_guides": list(self.guides)} if self.guides else {})


@dataclass(frozen=True)
class Stream:
    """Every change is written to `dataset` (bq://PROJECT.DATASET), one table a resource type.

    No `types` means all. `partition` splits tables by the time of last update.
    """

    dataset: pulumi.Input[str]
    types: tuple[str, ...] = ()
    depth: int = 3
    partition: Literal["HOUR", "DAY", "MONTH", "YEAR"] | None = "DAY"

    def __post_init__(self) -> None:
        if isinstance(self.dataset, str) and not self.dataset.startswith("bq://"):
            raise ConfigError("stream dataset", self.dataset, "bq://PROJECT.DATASET")
        if not 1 <= self.depth <= DEEPEST:
            raise ConfigError("stream depth", self.depth, f"1 to {DEEPEST}")

    def inputs(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"schema_type": "ANALYTICS_V2", "recursive_structure_depth": self.depth}
        if self.partition:
            schema["last_updated_partition_config"] = {"type": self.partition}
        destination = {"dataset_uri": self.dataset, "schema_config": schema}
        return {"bigquery_destination": destination} | (
            {"resource_types": list(self.types)} if self.types else {}
        )


@dataclass(frozen=True)
class FhirOptions:
    """`full_resource`: the topic gets whole resources, that is patient data, not just their names."""

    consent: Consent | None = None
    validation: Validation | None = None
    streams: tuple[Stream, ...] = ()
    full_resource: bool = False
    previous_on_delete: bool = False

    def inputs(self, topic: pulumi.Input[str] | None) -> dict[str, Any]:
        """Arguments of `healthcare.FhirStore`; what was not asked for is left to Google's defaults."""
        return {
            "consent_config": self.consent.inputs() if self.consent else None,
            "validation_config": self.validation.inputs() if self.validation else None,
            "stream_configs": [stream.inputs() for stream in self.streams] or None,
            "notification_configs": [self._notification(topic)] if topic else None,
        }

    def _notification(self, topic: pulumi.Input[str]) -> dict[str, Any]:
        wanted: dict[str, Any] = {"pubsub_topic": topic, "send_full_resource": self.full_resource}
        return wanted | ({"send_previous_resource_on_delete": True} if self.previous_on_delete else {})


def _require(key: str, given: str, allowed: Sequence[str]) -> None:
    if given not in allowed:
        raise ConfigError(key, given, allowed)
