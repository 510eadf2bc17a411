"""What may run in a project: images that every attestor has vouched for, and no other (check 84).

https://cloud.google.com/binary-authorization/docs/configuring-policy-cli
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import binaryauthorization

from infra.delivery.images import by_digest
from infra.errors import ConfigError
from infra.site import Site


@dataclass(frozen=True)
class AdmissionArgs:
    """`attestors` by full name. `enforced` off only logs what would have been blocked: for a roll-out.

    `exempt` are images by digest that run without an attestation; there is no exempting by pattern.
    """

    site: Site
    attestors: tuple[pulumi.Input[str], ...]
    enforced: bool = True
    exempt: tuple[str, ...] = ()
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if not self.attestors:
            raise ConfigError("attestors", None, "one or more: projects/PROJECT/attestors/NAME")
        for image in self.exempt:
            by_digest("exempt", image)


class Admission(pulumi.ComponentResource):
    """A project has one policy; deleting this resets it to Google's, which admits everything."""

    def __init__(self, name: str, args: AdmissionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:delivery:Admission", name, {}, opts)
        binaryauthorization.Policy(
            name,
            project=args.site.project,
            global_policy_evaluation_mode="ENABLE",
            default_admission_rule={
                "evaluation_mode": "REQUIRE_ATTESTATION",
                "enforcement_mode": "ENFORCED_BLOCK_AND_AUDIT_LOG"
                if args.enforced
                else "DRYRUN_AUDIT_LOG_ONLY",
                "require_attestations_bies": list(args.attestors),
            },
            admission_whitelist_patterns=[{"name_pattern": image} for image in args.exempt] or None,
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.register_outputs({})
