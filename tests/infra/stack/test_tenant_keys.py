from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError, ResidencyError
from tests.infra.engine import Declared
from tests.infra.stack.parts import again, tenant_config

FIRST, SECOND = "us-tenant-riverside", "us-tenant-riverside-2"


def place_of(key: str) -> str:
    return key.split("/locations/")[1].split("/")[0]


def users(found: Declared, name: str) -> set[str]:
    prefix = f"{name}-"
    return {each.name for each in found.of("CryptoKeyIAMMember") if each.name.startswith(prefix)}


def test_what_both_sites_need_lies_in_the_multi_region(us: dict[str, Declared]) -> None:
    keys = us[FIRST].outputs["keys"]
    assert {name: place_of(key) for name, key in keys.items()} == {
        "clinical": "us-central1",
        "documents": "us",
        "fields": "us",
        "secrets": "us-east4",
        "token": "us",
    }


def test_every_key_that_the_tenant_has_is_told_so_that_none_outlives_it(us: dict[str, Declared]) -> None:
    declared = {
        f"{each.inputs['keyRing']}/cryptoKeys/{each.inputs['name']}" for each in us[FIRST].of("CryptoKey")
    }
    assert set(us[FIRST].outputs["keys"].values()) == declared


def test_the_second_site_makes_its_clinical_key_alone(us: dict[str, Declared]) -> None:
    found = us[SECOND]
    assert [each.inputs["name"] for each in found.of("CryptoKey")] == ["clinical"]
    keys, first = found.outputs["keys"], us[FIRST].outputs["keys"]
    assert place_of(keys["clinical"]) == "us-east4"
    assert (keys["fields"], keys["token"]) == (first["fields"], first["token"])


def test_only_the_first_site_says_who_may_use_the_shared_keys(us: dict[str, Declared]) -> None:
    """Two writers of one grant: the end of one would take it from the other."""
    assert users(us[FIRST], "fields") == {"fields-runtime"}
    assert users(us[FIRST], "documents") == {"documents-storage"}
    assert users(us[FIRST], "secrets") == {"secrets-secretmanager"}
    assert {each.name.split("-")[0] for each in us[SECOND].of("CryptoKeyIAMMember")} == {"clinical"}


def test_the_database_agent_may_use_the_key_only_where_an_instance_is_the_tenants(
    us: dict[str, Declared],
) -> None:
    for end in ("", "-2"):
        assert "clinical-sqladmin" in users(us[f"us-tenant-riverside{end}"], "clinical")
        assert "clinical-sqladmin" not in users(us[f"us-tenant-lakeside{end}"], "clinical")


def test_without_a_second_site_all_keys_lie_in_the_region(us: dict[str, Declared]) -> None:
    found = again(us, FIRST, recoverable=None, pairedRegion=None)
    assert {place_of(key) for key in found.outputs["keys"].values()} == {"us-central1"}
    assert found.outputs["locations"] == ["us-central1"]
    assert "customPlacementConfig" not in found.one("Bucket").inputs


@pytest.mark.parametrize(
    ("changes", "error", "key"),
    [
        ({"pairedRegion": None}, ConfigError, "pairedRegion"),
        ({"pairedRegion": "us-central1"}, ConfigError, "pairedRegion"),
        ({"pairedRegion": "europe-west3"}, ResidencyError, "pairedRegion"),
        (
            {"jurisdiction": "de", "gcp__region": "europe-west3", "pairedRegion": "europe-west10"},
            ConfigError,
            "recoverable",
        ),
    ],
)
def test_a_recovery_that_cannot_be(changes: dict[str, Any], error: type[Exception], key: str) -> None:
    with pytest.raises(error, match=key):
        tenant_config(FIRST, **changes)
