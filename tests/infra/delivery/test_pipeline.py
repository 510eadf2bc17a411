from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.delivery.pipeline import Pipeline, PipelineArgs
from infra.errors import ConfigError, ResidencyError
from infra.jurisdiction import jurisdiction
from tests.infra.delivery.arguments import IMAGES, KEY, POOL, attestor
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

REPOSITORY = "projects/careplane-cell/locations/europe-west3/connections/git/repositories/careplane"
NAME = "europe-west3-docker.pkg.dev/careplane-cell/careplane/runtime"


def arguments(**given: Any) -> PipelineArgs:
    args = PipelineArgs(
        SITE, "runtime", REPOSITORY, NAME, "careplane", IMAGES, POOL, attestor(), "careplane-cell-sboms"
    )
    return replace(args, **given)


def pipeline(**given: Any) -> Declared:
    return declare(lambda: {"member": Pipeline("p", arguments(**given)).member})


def test_builds_lists_judges_and_signs_in_that_order() -> None:
    build = pipeline().one("cloudbuild/trigger:Trigger").inputs["build"]
    assert [each["id"] for each in build["steps"]] == ["build", "sbom", "keep-sbom", "gate", "attest"]
    assert f"--destination={NAME}:$COMMIT_SHA" in build["steps"][0]["args"]
    assert f"--build-arg=BASE={IMAGES.base}" in build["steps"][0]["args"]
    assert all("@sha256:" in each["name"] for each in build["steps"])
    assert build["options"] == {"logging": "CLOUD_LOGGING_ONLY", "workerPool": POOL}
    assert build["steps"][-1]["waitFors"] == ["gate", "keep-sbom"]
    assert f"KEY_VERSION={KEY}/cryptoKeyVersions/1" in build["steps"][-1]["envs"]


def test_its_identity_may_build_and_sign_and_nothing_else() -> None:
    found = pipeline()
    email = "image-builder@careplane-cell.iam.gserviceaccount.com"
    assert found.outputs == {"member": f"serviceAccount:{email}"}
    trigger = found.one("cloudbuild/trigger:Trigger").inputs
    assert trigger["serviceAccount"] == f"projects/careplane-cell/serviceAccounts/{email}"
    own = [each.inputs for each in found.resources if each.inputs.get("member") == f"serviceAccount:{email}"]
    assert {each["role"] for each in own} == {
        "roles/artifactregistry.writer",
        "roles/binaryauthorization.attestorsViewer",
        "roles/cloudbuild.workerPoolUser",
        "roles/cloudkms.signerVerifier",
        "roles/containeranalysis.notes.attacher",
        "roles/containeranalysis.notes.editor",
        "roles/containeranalysis.occurrences.editor",
        "roles/logging.logWriter",
        "roles/storage.objectCreator",
    }


def test_its_rights_exist_before_the_first_build() -> None:
    found = pipeline()
    before = found.before(found.one("cloudbuild/trigger:Trigger"))
    assert "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::p-sign-builder" in before
    assert "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember::p-push" in before


def test_a_digest_is_proposed_where_someone_listens() -> None:
    found = pipeline(proposals="projects/careplane-cell/topics/images")
    build = found.one("cloudbuild/trigger:Trigger").inputs["build"]
    assert build["steps"][-1]["id"] == "propose" and build["steps"][-1]["waitFors"] == ["attest"]
    assert found.one("TopicIAMMember").inputs["role"] == "roles/pubsub.publisher"


def test_on_demand_scanning_only_where_the_jurisdiction_holds_its_multi_region() -> None:
    found = pipeline(scan_location="europe")
    scan = found.one("cloudbuild/trigger:Trigger").inputs["build"]["steps"][3]
    assert "SCAN_LOCATION=europe" in scan["envs"]
    assert "roles/ondemandscanning.admin" in {each.inputs["role"] for each in found.of("IAMMember")}
    german = replace(SITE, jurisdiction=jurisdiction("de"))
    with pytest.raises(ResidencyError, match="On-Demand Scanning of pipeline runtime"):
        pipeline(site=german, scan_location="europe")


def test_sources_outside_the_jurisdiction_are_refused() -> None:
    with pytest.raises(ResidencyError, match="source of pipeline runtime"):
        pipeline(repository=REPOSITORY.replace("europe-west3", "us-central1"))


def test_bad_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="repository: 'careplane' is not allowed"):
        pipeline(repository="careplane")
    with pytest.raises(ConfigError, match="allowed: CRITICAL, HIGH, LOW, MEDIUM, MINIMAL"):
        pipeline(severity="SEVERE")
    with pytest.raises(ConfigError, match="scan_location: 'eu' is not allowed; allowed: asia, europe, us"):
        pipeline(scan_location="eu")
