"""Types of request bodies: what is let through, what is refused, numbers for enum values."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud import schema
from localcloud.api import ApiError
from localcloud.discovery import methods_by_id

KEY = methods_by_id()["cloudkms.projects.locations.keyRings.cryptoKeys.create"]
NETWORK = methods_by_id()["compute.networks.insert"]
REPOSITORY = methods_by_id()["artifactregistry.projects.locations.repositories.create"]


def checked(body: dict[str, Any]) -> dict[str, Any]:
    schema.check(KEY, body)
    return body


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"purpose": 5}, {"purpose": "ASYMMETRIC_SIGN"}),
        ({"purpose": "MAC"}, {"purpose": "MAC"}),
        ({"purpose": 0}, {"purpose": "CRYPTO_KEY_PURPOSE_UNSPECIFIED"}),
        (
            {"versionTemplate": {"algorithm": 12, "protectionLevel": 1}},
            {"versionTemplate": {"algorithm": "EC_SIGN_P256_SHA256", "protectionLevel": "SOFTWARE"}},
        ),
        (
            {"keyAccessJustificationsPolicy": {"allowedAccessReasons": [1, "GOOGLE_INITIATED_SERVICE"]}},
            {
                "keyAccessJustificationsPolicy": {
                    "allowedAccessReasons": ["CUSTOMER_INITIATED_SUPPORT", "GOOGLE_INITIATED_SERVICE"]
                }
            },
        ),
    ],
)
def test_enum_numbers_become_names(sent: dict[str, Any], kept: dict[str, Any]) -> None:
    assert checked(sent) == kept


def test_a_number_that_nothing_names_is_kept() -> None:
    body = {"mode": 3}
    schema.check(REPOSITORY, body)
    assert body == {"mode": 3}


def test_compute_has_no_numbers_for_its_words() -> None:
    with pytest.raises(ApiError, match=r"'routingConfig\.routingMode'"):
        schema.check(NETWORK, {"routingConfig": {"routingMode": 3}})


@pytest.mark.parametrize("value", [True, 1.5, [], {}])
def test_what_is_neither_name_nor_number_is_refused(value: Any) -> None:
    with pytest.raises(ApiError) as refused:
        checked({"purpose": value})
    assert refused.value.code == 400
    assert "'purpose' (TYPE_ENUM)" in refused.value.message


def test_the_field_of_a_wrong_type_is_named_by_its_path() -> None:
    with pytest.raises(ApiError, match=r"'versionTemplate\.algorithm'"):
        checked({"versionTemplate": {"algorithm": []}})


def test_unknown_fields_are_kept() -> None:
    assert checked({"new": {"purpose": 5}}) == {"new": {"purpose": 5}}
