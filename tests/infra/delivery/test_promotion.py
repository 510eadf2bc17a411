from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.delivery.promotion import Promotion, PromotionArgs
from infra.errors import ConfigError
from tests.infra.delivery.arguments import IMAGES, POOL, attestor
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

TOPIC = "projects/careplane-cell/topics/images"
NAME = "europe-west3-docker.pkg.dev/careplane-cell/careplane/runtime"
SERVICES = {"lakeside": "tenant-lakeside@p.iam", "riverside": "tenant-riverside@p.iam"}


def arguments(**given: Any) -> PromotionArgs:
    args = PromotionArgs(SITE, "promote", TOPIC, NAME, "careplane", IMAGES.gcloud, POOL, attestor(), SERVICES)
    return replace(args, **given)


def promotion(**given: Any) -> Declared:
    return declare(lambda: {"member": Promotion("p", arguments(**given)).member})


def test_a_person_approves_and_the_digest_comes_from_the_message() -> None:
    trigger = promotion().one("cloudbuild/trigger:Trigger").inputs
    assert trigger["approvalConfig"] == {"approvalRequired": True}
    assert trigger["pubsubConfig"] == {"topic": TOPIC}
    assert trigger["substitutions"] == {"_DIGEST": "$(body.message.attributes.digest)"}
    assert "DIGEST=$_DIGEST" in trigger["build"]["steps"][0]["envs"]


def test_one_service_follows_the_other_and_the_attestation_comes_before_both() -> None:
    steps = promotion().one("cloudbuild/trigger:Trigger").inputs["build"]["steps"]
    assert [each["id"] for each in steps] == [
        "attested",
        *(f"{stage}-lakeside" for stage in ("green", "health", "shift")),
        *(f"{stage}-riverside" for stage in ("green", "health", "shift")),
    ]
    assert [each["waitFors"] for each in steps[1:]] == [[each["id"]] for each in steps[:-1]]


def test_its_identity_deploys_these_services_and_can_neither_build_nor_sign() -> None:
    found = promotion()
    member = found.outputs["member"]
    own = [each.inputs for each in found.resources if each.inputs.get("member") == member]
    roles = {each["role"] for each in own}
    assert roles == {
        "roles/artifactregistry.reader",
        "roles/binaryauthorization.attestorsViewer",
        "roles/cloudbuild.workerPoolUser",
        "roles/containeranalysis.notes.occurrences.viewer",
        "roles/iam.serviceAccountUser",
        "roles/logging.logWriter",
        "roles/run.developer",
    }
    assert {each["name"] for each in own if each["role"] == "roles/run.developer"} == set(SERVICES)
    assert [each["serviceAccountId"] for each in own if each["role"] == "roles/iam.serviceAccountUser"] == [
        f"projects/careplane-cell/serviceAccounts/{email}" for email in SERVICES.values()
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"gcloud": "europe-west3-docker.pkg.dev/p/tools/cloud-sdk:latest"},
            "gcloud: .* REGISTRY/PATH@sha256",
        ),
        ({"services": {}}, "services: nothing was given"),
        ({"path": "readyz"}, "a path that begins with /"),
        ({"shares": (10, 50)}, "rising, the last 100"),
        ({"shares": (50, 10, 100)}, "rising, the last 100"),
        ({"shares": ()}, "rising, the last 100"),
    ],
)
def test_bad_arguments_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        promotion(**given)
