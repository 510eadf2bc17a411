"""The cell's registry of container images, under its own key (check 15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import artifactregistry

from infra.site import Site


@dataclass(frozen=True)
class RegistryArgs:
    """`readers` maps a short name to an IAM member: Cloud Run's agents of the tenants' projects."""

    site: Site
    repository: str
    key: pulumi.Input[str]
    readers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()


class Registry(pulumi.ComponentResource):
    """`prefix` is what an image's name begins with."""

    prefix: pulumi.Output[str]

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:artifact:Registry", name, {}, opts)
        repository = artifactregistry.Repository(
            name,
            project=args.site.project,
            location=args.site.region,
            repository_id=args.repository,
            format="DOCKER",
            kms_key_name=args.key,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        for who, member in args.readers.items():
            artifactregistry.RepositoryIamMember(
                f"{name}-{who}",
                project=args.site.project,
                location=args.site.region,
                repository=repository.repository_id,
                role="roles/artifactregistry.reader",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.prefix = pulumi.Output.concat(
            args.site.region, "-docker.pkg.dev/", args.site.project, "/", repository.repository_id
        )
        self.register_outputs({"prefix": self.prefix})
