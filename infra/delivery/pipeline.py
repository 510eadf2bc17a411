"""The pipeline of the runtime's image: build, SBOM, vulnerability gate, attestation, proposal by digest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import artifactregistry, cloudbuild, pubsub, storage

from infra.delivery import steps
from infra.delivery.attestor import Attestor
from infra.delivery.grants import build_grants
from infra.delivery.images import StepImages
from infra.delivery.severities import SEVERITIES
from infra.errors import ConfigError
from infra.identity.account import Account, AccountArgs, project_grant
from infra.kms.grants import SIGN, GrantArgs, KeyGrants
from infra.site import Site

SCAN_LOCATIONS = {"asia": "asia", "europe": "eu", "us": "us"}
"""Where On-Demand Scanning works, and the multi-region that a jurisdiction must hold for it."""


@dataclass(frozen=True)
class PipelineArgs:
    """`repository` is a connected source repository by full name, `branch` a regular expression.

    `image` is the name to push under, without tag; `registry` its Artifact Registry repository; `bucket`
    keeps the SBOMs. `severity` and worse ends the build. `proposals` is the topic that hears of digests.
    `build_arguments` go to the Dockerfile: mirrors, never secrets.
    """

    site: Site
    pipeline: str
    repository: str
    image: pulumi.Input[str]
    registry: pulumi.Input[str]
    images: StepImages
    pool: pulumi.Input[str]
    attestor: Attestor
    bucket: pulumi.Input[str]
    branch: str = "^main$"
    severity: str = "HIGH"
    scan_location: str | None = None
    proposals: pulumi.Input[str] | None = None
    build_arguments: Mapping[str, str] = field(default_factory=dict)
    account: str = "image-builder"
    timeout_seconds: int = 3600
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        found = re.fullmatch(
            r"projects/[^/]+/locations/([^/]+)/connections/[^/]+/repositories/[^/]+", self.repository
        )
        if not found:
            allowed = "projects/PROJECT/locations/REGION/connections/NAME/repositories/NAME"
            raise ConfigError("repository", self.repository, allowed)
        self.site.jurisdiction.require(found[1], f"source of pipeline {self.pipeline}")
        if self.severity not in SEVERITIES:
            raise ConfigError("severity", self.severity, SEVERITIES)
        if self.scan_location is not None and self.scan_location not in SCAN_LOCATIONS:
            raise ConfigError("scan_location", self.scan_location, SCAN_LOCATIONS)
        if self.scan_location:
            area = SCAN_LOCATIONS[self.scan_location]
            self.site.jurisdiction.require(area, f"On-Demand Scanning of pipeline {self.pipeline}")


class Pipeline(pulumi.ComponentResource):
    """`member` builds and signs; it can neither deploy nor read a patient's data."""

    member: pulumi.Output[str]

    def __init__(self, name: str, args: PipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:delivery:Pipeline", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        what = AccountArgs(args.site.project, args.account, f"Builds and attests images of {args.pipeline}")
        account = Account(name, what, own)
        self.member = account.member
        grants = self._grants(name, args)
        cloudbuild.Trigger(
            name,
            name=args.pipeline,
            project=args.site.project,
            location=args.site.region,
            repository_event_config={"repository": args.repository, "push": {"branch": args.branch}},
            service_account=pulumi.Output.concat(
                "projects/", args.site.project, "/serviceAccounts/", account.email
            ),
            build=steps.whole(_steps(args), args.pool, args.timeout_seconds),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.depends_on, *grants]),
        )
        self.register_outputs({"member": self.member})

    def _grants(self, name: str, args: PipelineArgs) -> list[pulumi.Resource]:
        """On single resources, but for what Google grants on projects alone."""
        own, project = pulumi.ResourceOptions(parent=self), args.site.project
        attestor = args.attestor
        signing = KeyGrants(f"{name}-sign", GrantArgs(attestor.key, {"builder": self.member}, SIGN), own)
        found: list[pulumi.Resource] = [
            *signing.grants.values(),
            artifactregistry.RepositoryIamMember(
                f"{name}-push",
                project=project,
                location=args.site.region,
                repository=args.registry,
                role="roles/artifactregistry.writer",
                member=self.member,
                opts=own,
            ),
            *build_grants(
                name, project, attestor, "roles/containeranalysis.notes.attacher", self.member, self
            ),
            storage.BucketIAMMember(
                f"{name}-sbom",
                bucket=args.bucket,
                role="roles/storage.objectCreator",
                member=self.member,
                opts=own,
            ),
            project_grant(
                f"{name}-occurrences",
                project,
                "roles/containeranalysis.occurrences.editor",
                self.member,
                self,
            ),
            project_grant(
                f"{name}-notes", project, "roles/containeranalysis.notes.editor", self.member, self
            ),
        ]
        if args.scan_location:
            role = "roles/ondemandscanning.admin"
            found.append(project_grant(f"{name}-scan", project, role, self.member, self))
        if args.proposals is not None:
            found.append(
                pubsub.TopicIAMMember(
                    f"{name}-propose",
                    project=project,
                    topic=args.proposals,
                    role="roles/pubsub.publisher",
                    member=self.member,
                    opts=own,
                )
            )
        return found


def _steps(args: PipelineArgs) -> list[steps.Step]:
    gcloud, attestor = args.images.gcloud, args.attestor
    found = [
        steps.build(args.images.build, args.images.base, args.image, args.build_arguments),
        steps.sbom(args.images.sbom),
        steps.keep_sbom(gcloud, args.bucket, attestor.key_version),
        steps.gate(gcloud, args.severity, args.scan_location),
        steps.attest(gcloud, attestor.project, attestor.name, attestor.key_version),
    ]
    return found if args.proposals is None else [*found, steps.propose(gcloud, args.proposals)]
