"""How CI signs in: by workload identity federation, without keys, under a condition (check 31)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import iam


@dataclass(frozen=True)
class FederationArgs:
    """`issuer` is the address of CI's OIDC issuer; `condition` a CEL expression over its token's claims."""

    project: pulumi.Input[str]
    pool: str
    issuer: str
    condition: str
    depends_on: tuple[pulumi.Resource, ...] = ()


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
            attribute_mapping={"google.subject": "assertion.sub"},
            attribute_condition=args.condition,
            oidc={"issuer_uri": args.issuer},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
