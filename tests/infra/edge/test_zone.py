from __future__ import annotations

from typing import Any

import pytest

from infra.edge.zone import PublicZone, ZoneArgs
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_signed_logged_protected_and_only_google_issues() -> None:
    def program() -> dict[str, Any]:
        return {"servers": PublicZone("z", ZoneArgs(SITE, "eu.careplane.example")).name_servers}

    found = declare(program)
    zone = found.one("ManagedZone")
    assert zone.protect and zone.inputs["dnsName"] == "eu.careplane.example."
    assert zone.inputs["dnssecConfig"]["state"] == "on"
    assert zone.inputs["dnssecConfig"]["nonExistence"] == "nsec3"
    assert {key["keyType"] for key in zone.inputs["dnssecConfig"]["defaultKeySpecs"]} == {
        "keySigning",
        "zoneSigning",
    }
    assert zone.inputs["cloudLoggingConfig"] == {"enableLogging": True}
    assert found.one("RecordSet").inputs["rrdatas"] == ['0 issue "pki.goog"', '0 issuewild "pki.goog"']
    assert found.outputs["servers"]


def test_domain_with_a_dot_at_its_end() -> None:
    with pytest.raises(ConfigError, match="domain"):
        ZoneArgs(SITE, "eu.careplane.example.")
