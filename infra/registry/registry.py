"""The cell's registry of container images: under its own key (check 15), scanned for vulnerabilities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import artifactregistry

from infra.errors import ConfigError
from infra.site import Site

OLD_TYPE = "careplane:artifact:Registry"
"""Its type before the folder took the product's name: deployed stacks know it by that one."""


@dataclass(frozen=True)
class Cleanup:
    """Deletes versions without a tag when older than `untagged_days`, but never the newest `keep`.

    https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy-overview
    """

    untagged_days: int = 30
    keep: int = 10

    def __post_init__(self) -> None:
        if self.untagged_days < 1:
            raise ConfigError("cleanup.untagged_days", self.untagged_days, "1 or more")
        if self.keep < 1:
            raise ConfigError("cleanup.keep", self.keep, "1 or more")


@dataclass(frozen=True)
class RegistryArgs:
    """`readers` maps a short name to an IAM member: Cloud Run's agents of the tenants' projects.

    `immutable_tags`: no tag is ever moved or deleted. Without `cleanup` nothing is ever deleted; with it
    and `cleanup_dry_run`, Google only logs what it would delete. Scanning follows the project: it runs
    where containerscanning.googleapis.com is on.
    """

    site: Site
    repository: str
    key: pulumi.Input[str]
    readers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()
    immutable_tags: bool = False
    cleanup: Cleanup | None = None
    cleanup_dry_run: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", self.repository):
            raise ConfigError(
                "repository", self.repository, "a letter, then letters, digits and hyphens, 63 at most"
            )


class Registry(pulumi.ComponentResource):
    """`prefix` is what an image's name begins with; `repository` the name of the repository itself."""

    prefix: pulumi.Output[str]
    repository: pulumi.Output[str]

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        renamed = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=OLD_TYPE)])
        super().__init__("careplane:registry:Registry", name, {}, pulumi.ResourceOptions.merge(opts, renamed))
        repository = artifactregistry.Repository(
            name,
            project=args.site.project,
            location=args.site.region,
            repository_id=args.repository,
            format="DOCKER",
            kms_key_name=args.key,
            vulnerability_scanning_config={"enablement_config": "INHERITED"},
            docker_config={"immutable_tags": True} if args.immutable_tags else None,
            cleanup_policies=_cleanup(args.cleanup) if args.cleanup else None,
            cleanup_policy_dry_run=args.cleanup_dry_run if args.cleanup else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.repository = repository.repository_id
        for who, member in args.readers.items():
            artifactregistry.RepositoryIamMember(
                f"{name}-{who}",
                project=args.site.project,
                location=args.site.region,
                repository=self.repository,
                role="roles/artifactregistry.reader",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.prefix = pulumi.Output.concat(
            args.site.region, "-docker.pkg.dev/", args.site.project, "/", self.repository
        )
        self.register_outputs({"prefix": self.prefix})


def _cleanup(cleanup: Cleanup) -> list[artifactregistry.RepositoryCleanupPolicyArgsDict]:
    return [
        {
            "id": "delete-untagged",
            "action": "DELETE",
            "condition": {"tag_state": "UNTAGGED", "older_than": f"{cleanup.untagged_days * 86400}s"},
        },
        {"id": "keep-newest", "action": "KEEP", "most_recent_versions": {"keep_count": cleanup.keep}},
    ]
