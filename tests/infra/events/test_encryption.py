from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.events.encryption import Encryption, EncryptionArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

KEY = "projects/p/locations/europe-west3/keyRings/cell/cryptoKeys/data"


def test_events_of_the_region_lie_under_our_key() -> None:
    found = declare(lambda: Encryption("e", EncryptionArgs(SITE, KEY)) and None)
    made = found.one("eventarc/googleChannelConfig:GoogleChannelConfig").inputs
    assert made["name"] == "projects/careplane-cell/locations/europe-west3/googleChannelConfig"
    assert made["cryptoKeyName"] == KEY


def test_a_key_of_another_region_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"key of Eventarc: .* a key in locations/europe-west3"):
        EncryptionArgs(SITE, KEY.replace("west3", "west4"))
