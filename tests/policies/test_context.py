"""Settings: names that are ours count, others are refused with what is allowed, and secrets stay out."""

from __future__ import annotations

import pytest

from policies.context import context
from policies.errors import PolicyError
from policies.resource import SECRET, UNKNOWN, UNKNOWN_STRING, Properties
from tests.policies.state_example import SECRET as WIRE_SECRET


def test_no_profile_is_saas() -> None:
    assert context({}).profile == "saas"
    assert context({"profile": "sovereign-eu"}).profile == "sovereign-eu"


@pytest.mark.parametrize(
    ("key", "given", "said"),
    [
        (
            "profile",
            "sovereign_eu",
            "did you mean 'sovereign-eu'? allowed: country, private, saas, sovereign-eu",
        ),
        ("profile", "nothing-like-it", "is unknown; allowed: country, private, saas, sovereign-eu"),
        ("profile", 5, "profile: 5 is no name; allowed: country"),
        ("profile", ["saas"], "profile: ['saas'] is no name"),
        ("jurisdiction", "eU", "did you mean 'eu'? allowed: "),
        ("jurisdiction", {"a": 1}, "is no name"),
    ],
)
def test_names_that_are_not_ours_are_refused(key: str, given: object, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        context({key: given})
    assert said in str(refused.value)


@pytest.mark.parametrize("secret", [WIRE_SECRET, SECRET])
@pytest.mark.parametrize("key", ["profile", "jurisdiction"])
def test_a_secret_name_is_refused_and_not_printed(key: str, secret: object) -> None:
    with pytest.raises(PolicyError, match=rf"{key}: \[secret\] is no name") as refused:
        context({key: secret})
    assert "ciphertext" not in str(refused.value)


@pytest.mark.parametrize("odd", [5, ["cell"], {"a": 1}, SECRET, "Deployment"])
def test_a_kind_that_is_not_ours_is_not_said(odd: object) -> None:
    assert context({"kind": odd}).kind is None


def test_what_is_secret_or_unknown_is_no_setting() -> None:
    outputs = {
        "a": WIRE_SECRET, "b": SECRET, "c": UNKNOWN, "d": UNKNOWN_STRING, "e": "kept",
        "f": {"g": WIRE_SECRET, "h": [1, WIRE_SECRET, UNKNOWN]},
    }  # fmt: skip
    assert Properties(outputs).plain() == {"e": "kept", "f": {"h": [1]}}
