"""How CI signs in: by workload identity federation, without keys, under a condition (check 31).

https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import iam, serviceaccount

from infra.errors import ConfigError

SUBJECT: Mapping[str, str] = {"google.subject": "assertion.sub"}
REPOSITORY: Mapping[str, str] = {
    **SUBJECT,
    "attribute.ref": "assertion.ref",
    "attribute.repository": "assertion.repository",
}
"""For tokens of GitHub Actions; GitLab's name the repository `project_path`."""
_ATTRIBUTE = re.compile(r"google\.(subject|groups)|attribute\.[a-z0-9_]{1,100}")
_CLAIM = re.compile(r"\b(assertion|attribute|google)\.\w+")
_ALWAYS = re.compile(r"(^|\|\|)[\s(]*true[\s)]*($|\|\|)")
"""An alternative that always holds, which makes the whole condition none."""


@dataclass(frozen=True)
class Impersonation:
    """The service `account` (its full name) that tokens may act as whose `attribute` is `value`, exactly."""

    account: pulumi.Input[str]
    attribute: str
    value: str

    def __post_init__(self) -> None:
        if not self.value or "*" in self.value:
            raise ConfigError(f"impersonation: {self.attribute}", self.value or None, "one value, no '*'")


@dataclass(frozen=True)
class FederationArgs:
    """`issuer` is the address of CI's OIDC issuer; `condition` a CEL expression over its token's claims.

    `mapping` names the claims that an attribute comes from; `impersonations` maps a short name to what tokens
    may act as: none unless given.
    """

    project: pulumi.Input[str]
    pool: str
    issuer: str
    condition: str
    depends_on: tuple[pulumi.Resource, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=lambda: SUBJECT)
    impersonations: Mapping[str, Impersonation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.issuer.startswith("https://"):
            raise ConfigError("issuer", self.issuer, "an https:// address")
        if not _CLAIM.search(self.condition) or _ALWAYS.search(self.condition):
            allowed = "a CEL expression over claims, such as assertion.ref == 'refs/heads/main'"
            raise ConfigError("condition", self.condition or None, allowed)
        if "google.subject" not in self.mapping:
            raise ConfigError("mapping", ", ".join(self.mapping) or None, "a mapping with google.subject")
        for attribute in self.mapping:
            if not _ATTRIBUTE.fullmatch(attribute):
                raise ConfigError("mapping", attribute, "google.subject, google.groups, attribute.NAME")
        for name, each in self.impersonations.items():
            if each.attribute not in self.mapping:
                raise ConfigError(f"impersonations: {name}", each.attribute, self.mapping)


class Federation(pulumi.ComponentResource):
    def __init__(self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:identity:Federation", name, {}, opts)
        self.pool = iam.WorkloadIdentityPool(
            name,
            project=args.project,
            workload_identity_pool_id=args.pool,
            display_name=args.pool,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.provider = iam.WorkloadIdentityPoolProvider(
            f"{name}-oidc",
            project=args.project,
            workload_identity_pool_id=self.pool.workload_identity_pool_id,
            workload_identity_pool_provider_id="oidc",
            attribute_mapping=dict(args.mapping),
            attribute_condition=args.condition,
            oidc={"issuer_uri": args.issuer},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.grants = {
            who: serviceaccount.IAMMember(
                f"{name}-{who}",
                service_account_id=each.account,
                role="roles/iam.workloadIdentityUser",
                member=self.member(each.attribute, each.value),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for who, each in args.impersonations.items()
        }
        self.register_outputs({})

    def member(self, attribute: str, value: str) -> pulumi.Output[str]:
        """Those whose attribute has that value, as an IAM member: one principal, or a set of them."""
        kind = "principal" if attribute == "google.subject" else "principalSet"
        name = attribute.removeprefix("google.").replace("groups", "group")
        path = name if kind == "principal" or attribute == "google.groups" else attribute
        return pulumi.Output.concat(f"{kind}://iam.googleapis.com/", self.pool.name, f"/{path}/{value}")
