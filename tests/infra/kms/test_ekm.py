from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError, ResidencyError
from infra.kms.ekm import EkmConnection, EkmConnectionArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

CERTIFICATE = (
    "MIIBIDCBx6ADAgECAgEBMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD2VrbS5leGFtcGxlLm9yZzAeFw0yNjAxMDEwMDAwMDBaFw"
    "0zNjAxMDEwMDAwMDBaMBoxGDAWBgNVBAMMD2VrbS5leGFtcGxlLm9yZzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLeL4SuA"
    "xPe7XXvhOT/GG7roeLFAUEgtgsC/TeLulke68unBJeL3AuGSH+Kp2XqJQ4S8ZKspAW3haOm6M39prYQwCgYIKoZIzj0EAwIDSA"
    "AwRQIhAJfeHv6PKxmXEI/efIdgfbAA2sWXk2FC+BJAB9jSYUGtAiB5ZFkrP/kJsLsuCfLg0BDjmalVDTmaoy/VDzPs7aH18A=="
)
"""Of ekm.example.org, until 2036."""
SERVICE = "projects/careplane-cell/locations/europe-west3/namespaces/ekm/services/ekm"
ARGS = EkmConnectionArgs(SITE, "ekm", SERVICE, "ekm.example.org", (CERTIFICATE,), crypto_space="v0/careplane")


def test_coordinated_connection() -> None:
    found = declare(lambda: {"id": EkmConnection("e", ARGS).id})
    connection = found.one("EkmConnection")
    assert connection.protect
    assert connection.inputs["location"] == SITE.region
    assert connection.inputs["keyManagementMode"] == "CLOUD_KMS"
    assert connection.inputs["serviceResolvers"] == [
        {
            "serviceDirectoryService": SERVICE,
            "hostname": "ekm.example.org",
            "serverCertificates": [{"rawDer": CERTIFICATE}],
        }
    ]
    assert found.outputs["id"] == "projects/careplane-cell/locations/europe-west3/ekmConnections/ekm"


def test_manual_connection_has_no_crypto_space() -> None:
    args = replace(ARGS, mode="MANUAL", crypto_space=None)
    inputs = declare(lambda: EkmConnection("e", args) and None).one("EkmConnection").inputs
    assert inputs["keyManagementMode"] == "MANUAL" and "cryptoSpacePath" not in inputs


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"mode": "AUTO"}, "mode: 'AUTO' is not allowed; allowed: CLOUD_KMS, MANUAL"),
        ({"crypto_space": None}, "crypto_space: nothing was given"),
        ({"mode": "MANUAL"}, "crypto_space"),
        ({"certificates": ()}, "certificates: 0 is not allowed; allowed: 1 to 10"),
        ({"certificates": (CERTIFICATE,) * 11}, "certificates: 11"),
        ({"certificates": ("-----BEGIN CERTIFICATE-----",)}, "DER in base64"),
        ({"certificates": (CERTIFICATE[:-8],)}, "DER in base64"),
        ({"service": "ekm"}, "service: 'ekm' is not allowed"),
        ({"service": SERVICE.replace("west3", "west4")}, "a service in europe-west3"),
    ],
)
def test_refused(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)  # type: ignore[arg-type]


def test_a_service_outside_the_jurisdiction() -> None:
    with pytest.raises(ResidencyError, match="us-east1"):
        replace(ARGS, service=SERVICE.replace("europe-west3", "us-east1"))
