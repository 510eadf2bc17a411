"""Organisation policies: what nobody below may do, whatever their roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import orgpolicy

BASELINE = (
    "iam.disableServiceAccountKeyCreation",
    "sql.restrictPublicIp",
    "storage.uniformBucketLevelAccess",
)
"""Checks 30, 41 and 35, refused by Google itself."""


@dataclass(frozen=True)
class PoliciesArgs:
    """`parent` is organizations/N or folders/N; `enforced` are boolean constraints, `allowed` lists."""

    parent: pulumi.Input[str]
    enforced: tuple[str, ...] = ()
    allowed: Mapping[str, list[str]] = field(default_factory=dict)


class Policies(pulumi.ComponentResource):
    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:organization:Policies", name, {}, opts)
        self._parent = args.parent
        for constraint in args.enforced:
            self._policy(name, constraint, {"enforce": "TRUE"})
        for constraint, values in args.allowed.items():
            self._policy(name, constraint, {"values": {"allowed_values": values}})
        self.register_outputs({})

    def _policy(self, name: str, constraint: str, rule: orgpolicy.PolicySpecRuleArgsDict) -> None:
        orgpolicy.Policy(
            f"{name}-{constraint}",
            parent=self._parent,
            name=pulumi.Output.concat(self._parent, "/policies/", constraint),
            spec={"rules": [rule]},
            opts=pulumi.ResourceOptions(parent=self),
        )
