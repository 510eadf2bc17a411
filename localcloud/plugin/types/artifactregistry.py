"""Artifact Registry: https://cloud.google.com/artifact-registry/docs/reference/rest"""

from __future__ import annotations

from localcloud.plugin.iam import member
from localcloud.plugin.kinds import Field, Kind

_REPOSITORIES = "projects/{project}/locations/{location}/repositories"

KINDS = (
    Kind(
        token="gcp:artifactregistry/repository:Repository",
        api="artifactRegistry",
        path=f"{_REPOSITORIES}/{{repositoryId}}",
        create_query={"repository_id": "{repositoryId}"},
        defaults={"mode": "STANDARD_REPOSITORY"},
        replace=frozenset({"format", "kmsKeyName", "mode", "repositoryId"}),
        fields={"name": Field(decode=lambda v: str(v or "").rsplit("/", 1)[-1])},
    ),
    member(
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        "artifactRegistry",
        f"{_REPOSITORIES}/{{repository|base}}",
        of="repository",
    ),
)
