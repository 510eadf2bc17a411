"""Arguments that the tests of the room share."""

from __future__ import annotations

from infra.delivery.attestor import Attestor, AttestorArgs
from infra.delivery.images import StepImages
from tests.infra.sites import SITE

DIGEST = "sha256:" + "2" * 64
TOOLS = "europe-west3-docker.pkg.dev/careplane-cell/tools"
IMAGES = StepImages(*(f"{TOOLS}/{name}@{DIGEST}" for name in ("python", "kaniko", "cloud-sdk", "syft")))
KEY = "projects/careplane-cell/locations/europe-west3/keyRings/cell/cryptoKeys/attest"
POOL = "projects/careplane-cell/locations/europe-west3/workerPools/build"


def attestor() -> Attestor:
    return Attestor("attestor", AttestorArgs(SITE, "built", KEY))
