"""Promotion of an attested digest: a person approves, green is deployed without requests, then takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import (
    artifactregistry,
    cloudbuild,
    cloudrunv2,
    serviceaccount,
)

from infra.delivery import steps
from infra.delivery.attestor import Attestor
from infra.delivery.grants import build_grants
from infra.delivery.images import by_digest
from infra.errors import ConfigError
from infra.identity.account import Account, AccountArgs
from infra.site import Site


@dataclass(frozen=True)
class PromotionArgs:
    """`services` maps a Cloud Run service's name to its service account's e-mail; one follows the other.

    `proposals` is the topic whose messages carry the attribute `digest`, `gcloud` the CLI's image by digest,
    `path` what says that a revision is healthy, `shares` the stages of the shift in percent.
    """

    site: Site
    promotion: str
    proposals: pulumi.Input[str]
    image: pulumi.Input[str]
    registry: pulumi.Input[str]
    gcloud: str
    pool: pulumi.Input[str]
    attestor: Attestor
    services: Mapping[str, pulumi.Input[str]]
    path: str = "/readyz"
    shares: tuple[int, ...] = (10, 50, 100)
    account: str = "image-promoter"
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        by_digest("gcloud", self.gcloud)
        if not self.services:
            raise ConfigError("services", None, "one Cloud Run service or more")
        if not self.path.startswith("/"):
            raise ConfigError("path", self.path, "a path that begins with /")
        rising = list(self.shares) == sorted(set(self.shares)) and all(share > 0 for share in self.shares)
        if not rising or self.shares[-1:] != (100,):
            raise ConfigError("shares", self.shares, "rising, the last 100")


class Promotion(pulumi.ComponentResource):
    """`member` deploys; it can neither build nor sign."""

    member: pulumi.Output[str]

    def __init__(self, name: str, args: PromotionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:delivery:Promotion", name, {}, opts)
        project = args.site.project
        what = AccountArgs(project, args.account, f"Deploys attested images by {args.promotion}")
        account = Account(name, what, pulumi.ResourceOptions(parent=self))
        self.member = account.member
        grants = [*self._reading(name, args), *self._deploying(name, args)]
        cloudbuild.Trigger(
            name,
            name=args.promotion,
            project=project,
            location=args.site.region,
            pubsub_config={"topic": args.proposals},
            substitutions={"_DIGEST": "$(body.message.attributes.digest)"},
            approval_config={"approval_required": True},
            service_account=pulumi.Output.concat("projects/", project, "/serviceAccounts/", account.email),
            build=steps.whole(_steps(args), args.pool, 3600),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.depends_on, *grants]),
        )
        self.register_outputs({"member": self.member})

    def _reading(self, name: str, args: PromotionArgs) -> list[pulumi.Resource]:
        own, project, attestor = pulumi.ResourceOptions(parent=self), args.site.project, args.attestor
        return [
            artifactregistry.RepositoryIamMember(
                f"{name}-pull",
                project=project,
                location=args.site.region,
                repository=args.registry,
                role="roles/artifactregistry.reader",
                member=self.member,
                opts=own,
            ),
            *build_grants(
                name, project, attestor, "roles/containeranalysis.notes.occurrences.viewer", self.member, self
            ),
        ]

    def _deploying(self, name: str, args: PromotionArgs) -> list[pulumi.Resource]:
        """To deploy a service is to act as its identity: both on these services alone."""
        own, site = pulumi.ResourceOptions(parent=self), args.site
        found: list[pulumi.Resource] = []
        for service, email in args.services.items():
            found += [
                cloudrunv2.ServiceIamMember(
                    f"{name}-{service}",
                    project=site.project,
                    location=site.region,
                    name=service,
                    role="roles/run.developer",
                    member=self.member,
                    opts=own,
                ),
                serviceaccount.IAMMember(
                    f"{name}-{service}-identity",
                    service_account_id=pulumi.Output.concat(
                        "projects/", site.project, "/serviceAccounts/", email
                    ),
                    role="roles/iam.serviceAccountUser",
                    member=self.member,
                    opts=own,
                ),
            ]
        return found


def _steps(args: PromotionArgs) -> list[steps.Step]:
    attestor, where = args.attestor, {"PROJECT": args.site.project, "REGION": args.site.region}
    found = [steps.attested(args.gcloud, args.image, attestor.project, attestor.name)]
    for service in args.services:
        after = str(found[-1]["id"])
        found += steps.blue_green(args.gcloud, service, where, args.path, args.shares, after)
    return found
