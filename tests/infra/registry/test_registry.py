from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.registry.registry import Cleanup, Registry, RegistryArgs
from tests.infra.engine import Monitor, declare
from tests.infra.sites import SITE

ARGS = RegistryArgs(SITE, "careplane", "key", {"cell": "serviceAccount:run"})


def repository(args: RegistryArgs = ARGS) -> dict[str, Any]:
    found = declare(lambda: Registry("r", args) and None)
    return found.one("artifactregistry/repository:Repository").inputs


def test_images_are_read_by_cloud_run_alone() -> None:
    found = declare(lambda: {"prefix": Registry("r", ARGS).prefix})
    assert found.outputs == {"prefix": "europe-west3-docker.pkg.dev/careplane-cell/careplane"}
    assert found.one("artifactregistry/repository:Repository").inputs["kmsKeyName"] == "key"
    assert found.one("RepositoryIamMember").inputs["role"] == "roles/artifactregistry.reader"


def test_images_are_scanned_and_nothing_is_deleted_unless_asked_for() -> None:
    assert repository()["vulnerabilityScanningConfig"] == {"enablementConfig": "INHERITED"}
    assert not {"cleanupPolicies", "cleanupPolicyDryRun", "dockerConfig"} & repository().keys()


def test_tags_stay_and_old_untagged_versions_go() -> None:
    kept = repository(replace(ARGS, immutable_tags=True, cleanup=Cleanup(7, 3)))
    assert kept["dockerConfig"] == {"immutableTags": True}
    assert [each["action"] for each in kept["cleanupPolicies"]] == ["DELETE", "KEEP"]
    assert kept["cleanupPolicies"][0]["condition"] == {"tagState": "UNTAGGED", "olderThan": "604800s"}
    assert kept["cleanupPolicyDryRun"] is False


def test_a_stack_that_knows_the_old_type_replaces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    register = Monitor.RegisterResource

    def kept(self: Monitor, request: Any) -> Any:
        asked[request.type] = list(request.aliases)
        return register(self, request)

    monkeypatch.setattr(Monitor, "RegisterResource", kept)
    repository()
    assert [each.spec.type for each in asked["careplane:registry:Registry"]] == [
        "careplane:artifact:Registry"
    ]


def test_a_cleanup_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"cleanup\.keep: 0 is not allowed; allowed: 1 or more"):
        Cleanup(keep=0)


def test_a_repository_that_google_cannot_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="repository: 'Care_Plane' is not allowed"):
        replace(ARGS, repository="Care_Plane")
