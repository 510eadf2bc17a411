"""Who may cross the perimeter from outside: an access level that names people."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import accesscontextmanager


@dataclass(frozen=True)
class OperatorsArgs:
    """`policy` is the number of the access policy; `members` are users and service accounts, never groups."""

    policy: pulumi.Input[str]
    level: str
    members: pulumi.Input[list[str]]


class Operators(pulumi.ComponentResource):
    name: pulumi.Output[str]

    def __init__(self, name: str, args: OperatorsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:perimeter:Operators", name, {}, opts)
        parent = pulumi.Output.concat("accessPolicies/", args.policy)
        self.name = accesscontextmanager.AccessLevel(
            name,
            parent=parent,
            name=pulumi.Output.concat(parent, "/accessLevels/", args.level),
            title=args.level,
            basic={"conditions": [{"members": args.members}]},
            opts=pulumi.ResourceOptions(parent=self),
        ).name
        self.register_outputs({"name": self.name})
