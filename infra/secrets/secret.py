"""A secret in one region under a key of ours; the runtime makes its value, unseen here. Checks 12 and 88."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import secretmanager

from infra.site import Site


@dataclass(frozen=True)
class SecretArgs:
    """`owner` reads versions and adds them."""

    site: Site
    secret: str
    key: pulumi.Input[str]
    owner: pulumi.Input[str]
    depends_on: tuple[pulumi.Resource, ...] = ()


class Secret(pulumi.ComponentResource):
    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:secrets:Secret", name, {}, opts)
        secret = secretmanager.Secret(
            name,
            project=args.site.project,
            secret_id=args.secret,
            replication={
                "user_managed": {
                    "replicas": [
                        {
                            "location": args.site.region,
                            "customer_managed_encryption": {"kms_key_name": args.key},
                        }
                    ]
                }
            },
            labels=dict(args.site.labels),
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.id = secret.id
        for role in ("secretAccessor", "secretVersionAdder"):
            secretmanager.SecretIamMember(
                f"{name}-{role}",
                project=args.site.project,
                secret_id=secret.secret_id,
                role=f"roles/secretmanager.{role}",
                member=args.owner,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"id": self.id})
