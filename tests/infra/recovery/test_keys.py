from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError, ResidencyError
from infra.jurisdiction import jurisdiction
from infra.recovery.keys import RecoverableKeys, RecoverableKeysArgs
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE


def keys(**changes: Any) -> Declared:
    args = replace(RecoverableKeysArgs(SITE, "riverside", "europe-west4"), **changes)

    def program() -> dict[str, Any]:
        made = RecoverableKeys("r", args)
        return {"secrets": made.secrets.id, **{name: key.id for name, key in made.keys.items()}}

    return declare(program)


def test_keys_that_both_regions_use_lie_in_the_multi_region() -> None:
    outputs = keys().outputs
    shared = "projects/careplane-cell/locations/europe/keyRings/riverside/cryptoKeys/"
    assert {name: outputs[name] for name in ("documents", "fields", "token")} == {
        name: shared + name for name in ("documents", "fields", "token")
    }


def test_the_secrets_copy_has_a_key_of_its_own_region() -> None:
    """Its ring is named apart: the second site's own ring of that region has the tenant's name."""
    ring = "projects/careplane-cell/locations/europe-west4/keyRings/riverside-secrets"
    assert keys().outputs["secrets"] == f"{ring}/cryptoKeys/secrets"


def test_they_rotate_but_for_the_one_that_signs() -> None:
    found = {each.inputs["name"]: each.inputs for each in keys().of("CryptoKey")}
    assert {name for name, each in found.items() if "rotationPeriod" in each} == {
        "documents",
        "fields",
        "secrets",
    }
    assert found["token"]["purpose"] == "ASYMMETRIC_SIGN"
    assert {each["versionTemplate"]["protectionLevel"] for each in found.values()} == {"HSM"}


def test_they_are_protected_until_decommissioned() -> None:
    assert {each.protect for each in keys().of("CryptoKey")} == {True}
    lifted = keys(site=replace(SITE, protected=False))
    assert {each.protect for each in lifted.of("CryptoKey")} == {False}


def test_a_jurisdiction_whose_keys_cannot_be_in_two_regions() -> None:
    with pytest.raises(ConfigError, match="multi-region of Cloud KMS"):
        RecoverableKeysArgs(replace(SITE, jurisdiction=jurisdiction("de")), "riverside", "europe-west10")


def test_a_partner_that_is_the_site_itself() -> None:
    with pytest.raises(ConfigError, match="partner") as caught:
        RecoverableKeysArgs(SITE, "riverside", "europe-west3")
    assert "europe-west4" in str(caught.value) and "europe-west3," not in caught.value.allowed


def test_a_partner_outside_the_jurisdiction() -> None:
    with pytest.raises(ResidencyError, match="us-east4"):
        RecoverableKeysArgs(SITE, "riverside", "us-east4")
