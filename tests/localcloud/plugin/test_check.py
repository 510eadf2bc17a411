"""Inputs made complete, or refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.plugin.catalogue import kind_of, names_of
from localcloud.plugin.check import check
from localcloud.plugin.values import UNKNOWN

RING = "gcp:kms/keyRing:KeyRing"
KEY = "gcp:kms/cryptoKey:CryptoKey"
SERVICE = "gcp:cloudrunv2/service:Service"


def checked(
    token: str, news: dict[str, Any], olds: dict[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    inputs, failures = check(kind_of(token), names_of(token), news, olds or {}, "ring", b"seed")
    return inputs, [reason for _, reason in failures]


def test_an_unknown_property_is_named_with_the_nearest_known_one() -> None:
    _, failures = checked(KEY, {"keyRing": "r", "rotationPeriods": "1s"})
    assert failures == [f"{KEY} has no property 'rotationPeriods'; did you mean 'rotationPeriod'?"]


def test_an_unknown_nested_property_is_named_by_its_path() -> None:
    _, failures = checked(
        SERVICE, {"location": "l", "template": {"containers": [{"image": "i", "imago": 1}]}}
    )
    assert failures == [f"{SERVICE} has no property 'template.containers.imago'; did you mean 'image'?"]


def test_a_missing_required_property_is_named() -> None:
    _, failures = checked(RING, {})
    assert failures == [f"{RING} needs the property 'location'"]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"memorySizeGb": "much"}, "a whole number"),
        ({"labels": ["x"]}, "an object"),
        ({"name": {}}, "a string"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(given: dict[str, Any], word: str) -> None:
    _, failures = checked("gcp:redis/instance:Instance", {"memorySizeGb": 1, **given})
    assert [word in failure and next(iter(given)) in failure for failure in failures] == [True]


def test_numbers_and_flags_may_come_as_text_as_the_published_provider_allows() -> None:
    inputs, failures = checked("gcp:redis/instance:Instance", {"memorySizeGb": "1", "authEnabled": "true"})
    assert not failures
    assert (inputs["memorySizeGb"], inputs["authEnabled"]) == (1, True)


def test_defaults_reach_into_lists_that_are_there() -> None:
    template = {"containers": [{"image": "i", "startupProbe": {}}, {"image": "j"}]}
    inputs, _ = checked(SERVICE, {"location": "l", "template": template})
    first, second = inputs["template"]["containers"]
    assert first["startupProbe"] == {"failureThreshold": 3, "periodSeconds": 10, "timeoutSeconds": 1}
    assert "startupProbe" not in second


def test_a_name_is_made_once_and_kept() -> None:
    made, _ = checked(RING, {"location": "l"})
    kept, _ = checked(RING, {"location": "l"}, made)
    assert made["name"].startswith("ring-") and len(made["name"]) == len("ring-") + 7
    assert kept["name"] == made["name"]


def test_unknown_values_are_accepted_anywhere() -> None:
    _, failures = checked(SERVICE, {"location": UNKNOWN, "template": {"containers": [{"image": UNKNOWN}]}})
    assert not failures


def test_a_type_without_names_of_its_own_needs_one() -> None:
    _, failures = checked("gcp:orgpolicy/policy:Policy", {"parent": "projects/p"})
    assert failures == ["gcp:orgpolicy/policy:Policy needs the property 'name'"]
