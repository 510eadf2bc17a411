from __future__ import annotations

from infra.artifact.registry import Registry, RegistryArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_images_are_read_by_cloud_run_alone() -> None:
    args = RegistryArgs(SITE, "careplane", "key", {"cell": "serviceAccount:run"})
    found = declare(lambda: {"prefix": Registry("r", args).prefix})
    assert found.outputs == {"prefix": "europe-west3-docker.pkg.dev/careplane-cell/careplane"}
    assert found.one("artifactregistry/repository:Repository").inputs["kmsKeyName"] == "key"
    assert found.one("RepositoryIamMember").inputs["role"] == "roles/artifactregistry.reader"
