"""Artifact Registry: https://cloud.google.com/artifact-registry/docs/reference/rest"""

from __future__ import annotations

from localcloud.plugin.iam import member
from localcloud.plugin.kinds import Field, Json, Kind


def _by_id(policies: list[Json] | None) -> Json:
    """A list to the program, an object by id to Google."""
    return {policy["id"]: policy for policy in policies or ()}


def _policies(found: Json | None) -> list[Json]:
    return [{**policy, "id": id} for id, policy in (found or {}).items()]


_REPOSITORIES = "projects/{project}/locations/{location}/repositories"

KINDS = (
    Kind(
        token="gcp:artifactregistry/repository:Repository",
        api="artifactRegistry",
        path=f"{_REPOSITORIES}/{{repositoryId}}",
        create_query={"repository_id": "{repositoryId}"},
        defaults={"mode": "STANDARD_REPOSITORY"},
        replace=frozenset({"format", "kmsKeyName", "mode", "repositoryId"}),
        fields={
            "name": Field(decode=lambda v: str(v or "").rsplit("/", 1)[-1]),
            "cleanupPolicies": Field(encode=_by_id, decode=_policies),
        },
    ),
    member(
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        "artifactRegistry",
        f"{_REPOSITORIES}/{{repository|base}}",
        of="repository",
    ),
)
