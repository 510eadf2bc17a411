from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.healthcare.consent import ConsentStore, ConsentStoreArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = ConsentStoreArgs(SITE, "projects/p/locations/europe-west3/datasets/d", "consents")


def test_consents_end_when_told_to() -> None:
    args = replace(ARGS, default_ttl=365 * 24 * 3600, create_on_update=True)
    store = declare(lambda: ConsentStore("c", args) and None).one("ConsentStore")
    assert store.protect
    assert store.inputs["defaultConsentTtl"] == "31536000s"
    assert store.inputs["enableConsentCreateOnUpdate"] is True


def test_without_a_ttl_they_hold_for_ever_and_an_update_makes_none() -> None:
    inputs = declare(lambda: ConsentStore("c", ARGS) and None).one("ConsentStore").inputs
    assert "defaultConsentTtl" not in inputs
    assert inputs["enableConsentCreateOnUpdate"] is False


def test_less_than_a_day_is_refused() -> None:
    with pytest.raises(ConfigError, match="86400 seconds or more"):
        replace(ARGS, default_ttl=3600)
