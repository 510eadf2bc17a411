from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from tests.infra.engine import Declared
from tests.infra.stack.parts import AGENTS, cell_config, names, part

EKM = {
    "serviceDirectory": "projects/careplane-cell/locations/europe-west3/namespaces/ekm/services/ekm",
    "hostname": "ekm.example.org",
    "certificate": "not a certificate",
    "cryptoSpace": "v0/careplane",
}


def granted(found: Declared, prefix: str) -> set[str]:
    grants = [each.name for each in found.of("CryptoKeyIAMMember")]
    return {name.removeprefix(prefix) for name in grants if name.startswith(prefix)}


def keys(*guests: str, agents: tuple[str, ...] = AGENTS, **changes: Any) -> Declared:
    return part(cell_config(**changes), lambda *_: None, *guests, agents=agents)


def test_each_key_is_used_by_those_who_keep_what_lies_under_it() -> None:
    found = keys("riverside")
    assert granted(found, "cell-data-") == {"artifactregistry", "run", "sqladmin"}
    assert granted(found, "cell-audit-") == {"healthcare", "logging", "pubsub", "pubsub-riverside"}
    assert not granted(found, "cell-evidence-")


def test_a_cache_may_use_the_key_only_where_there_is_one() -> None:
    assert granted(keys(cache="true"), "cell-data-") == {"artifactregistry", "redis", "run", "sqladmin"}


def test_without_the_healthcare_api_the_audit_trail_lies_in_cloud_sql() -> None:
    others = tuple(each for each in AGENTS if each != "healthcare")
    assert granted(keys(agents=others, profile="private"), "cell-audit-") == {"logging", "pubsub", "sqladmin"}


def test_what_outlives_the_cell_is_retained_with_its_users() -> None:
    found = keys()
    kept = {each.name for each in found.resources if each.retained}
    assert kept == {
        "cell-audit",
        "cell-audit-healthcare",
        "cell-audit-logging",
        "cell-audit-pubsub",
        "cell-evidence",
    }


def test_the_second_sites_keys_lie_in_its_region(us: dict[str, Declared]) -> None:
    for stack, region in (("us-cell", "us-central1"), ("us-cell-2", "us-east4")):
        assert us[stack].one("KeyRing").inputs["location"] == region
        assert f"/locations/{region}/" in us[stack].outputs["keys"]["audit"]


def test_no_connection_to_a_key_manager_where_google_holds_the_keys() -> None:
    assert not [each for each in names(keys()) if "ekmConnection" in each]


def test_an_external_key_manager_that_nobody_can_verify() -> None:
    with pytest.raises(ConfigError, match="certificates"):
        keys(profile="sovereign-eu", ekm=EKM)


def test_a_profile_with_external_keys_and_no_key_manager() -> None:
    with pytest.raises(ConfigError, match="careplane:ekm"):
        cell_config(profile="sovereign-eu")
