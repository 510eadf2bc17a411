"""Organisation policies: what nobody below may do, whatever their roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_gcp import orgpolicy

from infra.errors import ConfigError

BASELINE = (
    "iam.disableServiceAccountKeyCreation",
    "sql.restrictPublicIp",
    "storage.uniformBucketLevelAccess",
)
"""Checks 30, 41 and 35, refused by Google itself. The whole baseline is in `baseline.py`."""
REHEARSABLE = ("gcp.restrictServiceUsage", "gcp.restrictTLSCipherSuites", "gcp.restrictTLSVersion")
"""Built-in constraints that Google can rehearse, besides custom and managed ones:
https://cloud.google.com/resource-manager/docs/organization-policy/dry-run-policy"""


@dataclass(frozen=True)
class PoliciesArgs:
    """`parent` is organizations/N or folders/N; `enforced` are boolean constraints, the other lists.

    A constraint of `allowed` lets its values alone pass, one of `denied` all but its values, one of
    `deny_all` none. Those named in `dry_run` are rehearsed: Google logs what they would have refused.
    """

    parent: pulumi.Input[str]
    enforced: tuple[str, ...] = ()
    allowed: Mapping[str, Sequence[pulumi.Input[str]]] = field(default_factory=dict)
    denied: Mapping[str, Sequence[pulumi.Input[str]]] = field(default_factory=dict)
    deny_all: tuple[str, ...] = ()
    dry_run: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named = [*self.enforced, *self.allowed, *self.denied, *self.deny_all]
        if twice := [constraint for constraint, count in Counter(named).items() if count > 1]:
            raise ConfigError("constraint", ", ".join(twice), "one kind of rule a constraint")
        for constraint, values in {**self.allowed, **self.denied}.items():
            if not values:
                raise ConfigError(constraint, None, "at least one value; deny_all refuses all")
        for constraint in self.dry_run:
            if constraint not in named:
                raise ConfigError("dry_run", constraint, named)
            if not _rehearsable(constraint):
                raise ConfigError("dry_run", constraint, ("custom.*", "*.managed.*", *REHEARSABLE))

    def rules(self) -> dict[str, Any]:
        """The rule of each constraint."""
        return (
            {constraint: {"enforce": "TRUE"} for constraint in self.enforced}
            | {constraint: {"values": {"allowed_values": each}} for constraint, each in self.allowed.items()}
            | {constraint: {"values": {"denied_values": each}} for constraint, each in self.denied.items()}
            | {constraint: {"deny_all": "TRUE"} for constraint in self.deny_all}
        )


class Policies(pulumi.ComponentResource):
    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:organization:Policies", name, {}, opts)
        for constraint, rule in args.rules().items():
            rehearsed = constraint in args.dry_run
            orgpolicy.Policy(
                f"{name}-{constraint}",
                parent=args.parent,
                name=pulumi.Output.concat(args.parent, "/policies/", constraint),
                spec=None if rehearsed else {"rules": [rule]},
                dry_run_spec={"rules": [rule]} if rehearsed else None,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def _rehearsable(constraint: str) -> bool:
    return constraint.startswith("custom.") or ".managed." in constraint or constraint in REHEARSABLE
