from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.healthcare.dataset import Dataset, DatasetArgs
from infra.healthcare.fhir import Consent, FhirOptions, Stream, Validation
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = DatasetArgs(SITE, "d", "key", "ehr", "topic")


def _fhir(options: FhirOptions) -> dict[str, Any]:
    args = replace(ARGS, fhir_options=options)
    return declare(lambda: Dataset("d", args) and None).one("FhirStore").inputs


def test_what_is_not_asked_for_is_not_sent() -> None:
    inputs = _fhir(FhirOptions())
    assert not {"consentConfig", "validationConfig", "streamConfigs"} & inputs.keys()
    assert inputs["notificationConfigs"] == [{"pubsubTopic": "topic", "sendFullResource": False}]


def test_consent_is_enforced_and_a_read_without_a_scope_refused() -> None:
    assert _fhir(FhirOptions(consent=Consent()))["consentConfig"] == {
        "version": "V1",
        "accessEnforced": True,
        "consentHeaderHandling": {"profile": "REQUIRED_ON_READ"},
        "accessDeterminationLogConfig": {"logLevel": "MINIMUM"},
    }


def test_validation_checks_everything_unless_told_otherwise() -> None:
    guide = "http://hl7.org/fhir/us/core/ImplementationGuide/ig"
    config = _fhir(FhirOptions(validation=Validation((guide,), fhirpath=False)))["validationConfig"]
    assert config["enabledImplementationGuides"] == [guide]
    assert [config[key] for key in sorted(config) if key.startswith("disable")] == [True, False, False, False]


def test_changes_are_streamed_to_partitioned_tables() -> None:
    (stream,) = _fhir(FhirOptions(streams=(Stream("bq://p.d", ("Patient",)),)))["streamConfigs"]
    schema = stream["bigqueryDestination"]["schemaConfig"]
    assert stream["bigqueryDestination"]["datasetUri"] == "bq://p.d"
    assert stream["resourceTypes"] == ["Patient"]
    assert schema["schemaType"] == "ANALYTICS_V2"
    assert schema["recursiveStructureDepth"] == 3
    assert schema["lastUpdatedPartitionConfig"] == {"type": "DAY"}


def test_every_type_is_streamed_and_no_guide_enabled_when_none_is_named() -> None:
    inputs = _fhir(FhirOptions(validation=Validation(), streams=(Stream("bq://p.d", partition=None),)))
    assert inputs["streamConfigs"][0].keys() == {"bigqueryDestination"}
    assert "lastUpdatedPartitionConfig" not in str(inputs["streamConfigs"])
    assert "enabledImplementationGuides" not in inputs["validationConfig"]


def test_whole_resources_are_sent_when_asked_for() -> None:
    (notification,) = _fhir(FhirOptions(full_resource=True, previous_on_delete=True))["notificationConfigs"]
    assert notification["sendFullResource"] is notification["sendPreviousResourceOnDelete"] is True


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Consent(header="ANY"), "PERMIT_EMPTY_SCOPE, REQUIRED_ON_READ"),
        (lambda: Consent(log_level="LOUD"), "DISABLED, MINIMUM, VERBOSE"),
        (lambda: Stream("p.d"), "bq://PROJECT.DATASET"),
        (lambda: Stream("bq://p.d", depth=6), "1 to 5"),
    ],
)
def test_bad_options_say_what_is_allowed(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        make()
