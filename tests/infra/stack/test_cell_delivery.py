from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError, ResidencyError
from tests.infra.engine import Declared, declare_place, declare_stack
from tests.infra.stack.delivery_input import IMAGES, delivery

PROMOTED = delivery(proposals="image-proposals", promotes=["lakeside"], severity="CRITICAL")


@pytest.fixture(scope="module")
def place() -> dict[str, Declared]:
    return declare_place(("organization", "foundation", "cell"))


def changed(place: dict[str, Declared], stack: str = "local-cell", **changes: Any) -> Declared:
    upstream = {name: each.outputs for name, each in place.items()}
    return declare_stack(stack, upstream, {f"careplane:{key}": value for key, value in changes.items()})


@pytest.fixture(scope="module")
def cell(place: dict[str, Declared]) -> Declared:
    return changed(place, delivery=PROMOTED)


def test_a_cell_that_is_told_nothing_builds_and_admits_as_before(place: dict[str, Declared]) -> None:
    found = place["local-cell"]
    assert not found.of("Trigger") and not found.of("binaryauthorization/policy:Policy")
    assert "attestor" not in found.outputs["keys"] and found.outputs["admission"] is False
    # Its workloads ask for a policy all the same: Google's own, until the cell has one.
    for project in ("careplane-cell", "careplane-riverside"):
        assert "binaryauthorization.googleapis.com" in services(found, project)


def services(found: Declared, project: str) -> set[str]:
    return {
        each.inputs["service"]
        for each in found.of("projects/service:Service")
        if each.inputs["project"] == project
    }


def test_delivery_adds_to_the_cell_and_replaces_nothing(place: dict[str, Declared], cell: Declared) -> None:
    before = {(each.type, each.name): each.inputs for each in place["local-cell"].resources}
    after = {(each.type, each.name): each.inputs for each in cell.resources}
    assert {key: after.get(key) for key in before} == before


def test_its_services_are_on_and_so_is_admission_at_every_guest(cell: Declared) -> None:
    wanted = {"binaryauthorization", "cloudbuild", "containeranalysis", "containerscanning"}
    assert {f"{each}.googleapis.com" for each in wanted} <= services(cell, "careplane-cell")
    assert "binaryauthorization.googleapis.com" in services(cell, "careplane-riverside")
    assert "cloudbuild.googleapis.com" not in services(cell, "careplane-riverside")


def test_images_are_built_in_the_cells_network_which_is_named_by_number(cell: Declared) -> None:
    pool = cell.one("cloudbuild/workerPool:WorkerPool")
    network = pool.inputs["networkConfig"]["peeredNetwork"]
    assert network == "projects/123456789012/global/networks/cell"
    assert pool.inputs["workerConfig"]["noExternalIp"] is True
    assert "gcp:servicenetworking/connection:Connection::network-services" in cell.before(pool)


def test_the_attestors_key_is_the_cells_and_asymmetric(cell: Declared) -> None:
    key = cell.one("CryptoKey", "cell-attestor")
    assert key.inputs["purpose"] == "ASYMMETRIC_SIGN" and key.protect
    attestor = cell.one("binaryauthorization/attestor:Attestor")
    (public,) = attestor.inputs["attestationAuthorityNote"]["publicKeys"]
    assert public["id"].endswith("/keyRings/cell/cryptoKeys/attestor/cryptoKeyVersions/1")
    verifier = cell.one("AttestorIamMember", "built-riverside").inputs
    assert verifier["role"] == "roles/binaryauthorization.attestorsVerifier"
    assert "210987654321" in verifier["member"]


def policies(found: Declared) -> dict[str, dict[str, Any]]:
    return {
        each.inputs["project"]: each.inputs["defaultAdmissionRule"]
        for each in found.of("binaryauthorization/policy:Policy")
    }


@pytest.mark.parametrize(
    ("admission", "mode"),
    [(None, "DRYRUN_AUDIT_LOG_ONLY"), ("enforced", "ENFORCED_BLOCK_AND_AUDIT_LOG")],
)
def test_every_project_of_the_cell_admits_what_is_attested(
    place: dict[str, Declared], admission: str | None, mode: str
) -> None:
    found = policies(changed(place, delivery=delivery(), admission=admission))
    assert set(found) == {"careplane-cell", "careplane-riverside"}
    for rule in found.values():
        assert rule["enforcementMode"] == mode
        assert rule["requireAttestationsBies"] == ["projects/careplane-cell/attestors/built"]


def test_a_guests_policy_waits_until_its_agent_may_verify(cell: Declared) -> None:
    policy = next(
        each
        for each in cell.of("binaryauthorization/policy:Policy")
        if each.inputs["project"] == "careplane-riverside"
    )
    grant = "gcp:binaryauthorization/attestorIamMember:AttestorIamMember::built-riverside"
    assert grant in cell.before(policy)


def trigger(found: Declared, name: str) -> dict[str, Any]:
    return found.one("cloudbuild/trigger:Trigger", name).inputs


def test_the_pipeline_pushes_where_the_tenants_pull(cell: Declared) -> None:
    made = trigger(cell, "runtime-image")
    steps = {each["id"]: each for each in made["build"]["steps"]}
    image = cell.outputs["image"]
    assert f"--destination={image}:$COMMIT_SHA" in steps["build"]["args"]
    assert steps["build"]["name"] == IMAGES["build"] and "propose" in steps
    assert "REFUSED=CRITICAL" in steps["gate"]["envs"]
    assert made["repositoryEventConfig"]["push"]["branch"] == "^main$"


def test_sboms_lie_under_the_cells_data_key(cell: Declared) -> None:
    bucket = cell.one("storage/bucket:Bucket", "sboms")
    assert bucket.inputs["name"] == "careplane-cell-sboms"
    assert bucket.inputs["encryption"]["defaultKmsKeyName"].endswith("keyRings/cell/cryptoKeys/data")
    assert "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::cell-data-storage" in cell.before(bucket)


def test_proposals_are_heard_of_under_the_same_key(cell: Declared) -> None:
    topic = cell.one("pubsub/topic:Topic", "proposals")
    assert topic.inputs["kmsKeyName"].endswith("keyRings/cell/cryptoKeys/data")
    assert "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::cell-data-pubsub" in cell.before(topic)
    schema = "projects/careplane-cell/schemas/image-proposals"
    assert topic.inputs["schemaSettings"] == {"schema": schema, "encoding": "JSON"}


def test_promotion_waits_for_a_person_and_deploys_pooled_tenants_alone(cell: Declared) -> None:
    made = trigger(cell, "promotion")
    assert made["approvalConfig"] == {"approvalRequired": True}
    assert [each.inputs["name"] for each in cell.of("cloudrunv2/serviceIamMember:ServiceIamMember")] == [
        "lakeside"
    ]
    identity = cell.one("serviceaccount/iAMMember:IAMMember").inputs["serviceAccountId"]
    assert identity.endswith("/tenant-lakeside@careplane-cell.iam.gserviceaccount.com")


def test_without_proposals_nothing_is_promoted(place: dict[str, Declared]) -> None:
    found = changed(place, delivery=delivery())
    assert len(found.of("cloudbuild/trigger:Trigger")) == 1 and not found.of("pubsub/topic:Topic")


def test_the_cell_says_that_it_admits(cell: Declared) -> None:
    assert cell.outputs["admission"] is True


def test_a_repository_outside_the_jurisdiction(place: dict[str, Declared]) -> None:
    away = "projects/p/locations/us-central1/connections/git/repositories/careplane"
    with pytest.raises(ResidencyError, match="us-central1"):
        changed(place, delivery=delivery(repository=away))


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no repository": ({"delivery": delivery(repository=None)}, "careplane:delivery.repository"),
    "a repository's address": (
        {"delivery": delivery(repository="https://example.org/careplane.git")},
        "careplane:delivery.repository",
    ),
    "no branch": ({"delivery": delivery(branch=None)}, "careplane:delivery.branch"),
    "a branch that is no expression": ({"delivery": delivery(branch="(")}, "careplane:delivery.branch"),
    "an image by tag": (
        {"delivery": delivery(images={**IMAGES, "sbom": "docker.io/anchore/syft:latest"})},
        "careplane:delivery.images.sbom",
    ),
    "no image for a step": (
        {"delivery": delivery(images={name: IMAGES[name] for name in IMAGES if name != "gcloud"})},
        "careplane:delivery.images.gcloud",
    ),
    "an image for no step": (
        {"delivery": delivery(images={**IMAGES, "lint": IMAGES["base"]})},
        "careplane:delivery.images.lint",
    ),
    "images as text": ({"delivery": delivery(images="all")}, "careplane:delivery.images"),
    "a severity": ({"delivery": delivery(severity="BAD")}, "careplane:delivery.severity"),
    "a topic": ({"delivery": delivery(proposals="a b")}, "careplane:delivery.proposals"),
    "promotion of nothing proposed": (
        {"delivery": delivery(promotes=["lakeside"])},
        "careplane:delivery.proposals",
    ),
    "promotion of a dedicated tenant": (
        {"delivery": delivery(proposals="new", promotes=["riverside"])},
        "careplane:delivery.promotes",
    ),
    "promotion of one tenant twice": (
        {"delivery": delivery(proposals="new", promotes=["lakeside", "lakeside"])},
        "careplane:delivery.promotes",
    ),
    "a build argument": (
        {"delivery": delivery(buildArguments={"pip index": "x"})},
        "careplane:delivery.buildArguments",
    ),
    "an unknown name": ({"delivery": delivery(colour="red")}, "careplane:delivery.colour"),
    "admission": ({"delivery": delivery(), "admission": "perhaps"}, "careplane:admission"),
    "admission without delivery": ({"admission": "enforced"}, "careplane:delivery"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_value_names_its_key(place: dict[str, Declared], case: str) -> None:
    changes, key = BAD[case]
    with pytest.raises(ConfigError) as caught:
        changed(place, **changes)
    assert caught.value.key == key and caught.value.allowed


def test_both_sites_stand_in_projects_with_one_policy(us: dict[str, Declared]) -> None:
    assert us["us-cell"].of("binaryauthorization/policy:Policy")
    assert not us["us-cell-2"].of("binaryauthorization/policy:Policy")
    assert us["us-cell-2"].outputs["admission"] is True


def test_a_second_site_builds_nothing(us: dict[str, Declared]) -> None:
    with pytest.raises(ConfigError, match=r"careplane:delivery: .*second site"):
        changed(us, "us-cell-2", delivery=delivery())
