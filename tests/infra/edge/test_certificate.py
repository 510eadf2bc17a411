from __future__ import annotations

from typing import Any

import pytest

from infra.edge.certificate import CertificateArgs, WildcardCertificate
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_managed_wildcard_and_what_proves_it() -> None:
    def program() -> dict[str, Any]:
        made = WildcardCertificate("c", CertificateArgs(SITE, "eu.careplane.example"))
        return {"map": made.map, "name": made.challenge.name, "data": made.challenge.data}

    found = declare(program)
    managed = found.one("certificate:Certificate").inputs["managed"]
    assert managed == {
        "domains": ["eu.careplane.example", "*.eu.careplane.example"],
        "dnsAuthorizations": ["c"],
    }
    assert found.one("CertificateMapEntry").inputs["hostname"] == "*.eu.careplane.example"
    assert found.one("DnsAuthorization").inputs["type"] == "PER_PROJECT_RECORD"
    assert found.outputs["map"].startswith("//certificatemanager.googleapis.com/projects/careplane-cell/")
    assert found.outputs["name"].endswith("eu.careplane.example.")
    assert found.outputs["data"] == "careplane-cell.authorize.certificatemanager.goog."


def test_no_wildcard_is_given() -> None:
    with pytest.raises(ConfigError, match="domain"):
        CertificateArgs(SITE, "*.careplane.example")
