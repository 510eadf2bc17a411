from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from infra.delivery.images import StepImages, by_digest
from infra.errors import ConfigError
from tests.infra.delivery.arguments import DIGEST, IMAGES, TOOLS


@pytest.mark.parametrize(
    "reference",
    [
        f"{TOOLS}/syft:v1",
        f"{TOOLS}/syft",
        f"{TOOLS}/syft@sha256:22",
        f"syft@{DIGEST}",
        f"{TOOLS}/syft:v1@{DIGEST}",
    ],
)
def test_an_image_that_may_move_is_refused(reference: str) -> None:
    with pytest.raises(ConfigError, match=r"images\.sbom: .* is not allowed; allowed: REGISTRY/PATH@sha256"):
        replace(IMAGES, sbom=reference)


def test_an_image_by_digest_passes() -> None:
    assert by_digest("gcloud", IMAGES.gcloud) == f"{TOOLS}/cloud-sdk@{DIGEST}"


def test_configuration_names_every_image_and_no_other() -> None:
    assert StepImages.of(asdict(IMAGES)) == IMAGES
    with pytest.raises(
        ConfigError, match=r"images\.sbom: nothing was given; allowed: base, build, gcloud, sbom"
    ):
        StepImages.of({key: value for key, value in asdict(IMAGES).items() if key != "sbom"})
    with pytest.raises(ConfigError, match=r"images\.scanner"):
        StepImages.of({**asdict(IMAGES), "scanner": IMAGES.sbom})
