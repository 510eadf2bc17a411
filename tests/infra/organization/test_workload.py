from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pulumi_gcp import assuredworkloads

from infra.errors import ConfigError, ResidencyError
from infra.jurisdiction import jurisdiction
from infra.organization.workload import PARTNERS, REGIMES, AssuredWorkload, AssuredWorkloadArgs
from tests.infra.engine import declare

ARGS = AssuredWorkloadArgs(
    jurisdiction("eu"),
    "111",
    "europe-west3",
    "EU_REGIONS_AND_SUPPORT",
    "careplane eu",
    "012345-567890-ABCDEF",
    "careplane-eu",
)


def test_consumer_folder_under_a_regime() -> None:
    found = declare(lambda: {"folder": AssuredWorkload("w", ARGS).folder})
    workload = found.one("Workload")
    assert workload.protect
    assert workload.inputs["complianceRegime"] == "EU_REGIONS_AND_SUPPORT"
    assert workload.inputs["location"] == "europe-west3"
    assert workload.inputs["billingAccount"] == "billingAccounts/012345-567890-ABCDEF"
    assert workload.inputs["resourceSettings"] == [
        {"resourceType": "CONSUMER_FOLDER", "displayName": "careplane-eu"}
    ]
    assert found.outputs["folder"] == "folders/88"


def test_sovereign_controls_of_a_partner() -> None:
    args = replace(ARGS, partner="SOVEREIGN_CONTROLS_BY_T_SYSTEMS", sovereign=True)
    inputs = declare(lambda: AssuredWorkload("w", args) and None).one("Workload").inputs
    assert inputs["partner"] == "SOVEREIGN_CONTROLS_BY_T_SYSTEMS"
    assert inputs["enableSovereignControls"] is True


@pytest.mark.parametrize(
    ("property", "known"), [("compliance_regime", set(REGIMES)), ("partner", set(PARTNERS))]
)
def test_the_lists_are_the_providers(property: str, known: set[str]) -> None:
    text = str(getattr(assuredworkloads.Workload, property).fget.__doc__)
    listed = re.findall(r"[A-Z][A-Z0-9_]{2,}", text.split("Possible values:")[1])
    assert known == {each for each in listed if "UNSPECIFIED" not in each}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"regime": "GDPR"}, "regime: 'GDPR' is not allowed; allowed: ASSURED_WORKLOADS_FOR_PARTNERS"),
        (
            {"regime": "HIPAA"},
            "regime in eu: 'HIPAA' is not allowed; "
            "allowed: ASSURED_WORKLOADS_FOR_PARTNERS, EU_REGIONS_AND_SUPPORT, REGIONAL_CONTROLS",
        ),
        ({"partner": "ACME"}, "partner: 'ACME'"),
        ({"title": "eu"}, "title: 'eu' is not allowed; allowed: 4 to 30"),
    ],
)
def test_refused(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)  # type: ignore[arg-type]


def test_a_location_outside() -> None:
    with pytest.raises(ResidencyError, match="Assured Workloads location: location 'us-east1'"):
        replace(ARGS, location="us-east1")
