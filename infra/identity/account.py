"""A service account of our own, with project roles. No key, ever (check 30); one a tenant (check 40)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import projects, serviceaccount


@dataclass(frozen=True)
class AccountArgs:
    """`roles` are granted on `project`: only those that cannot be granted on one resource."""

    project: pulumi.Input[str]
    account: str
    description: str
    roles: tuple[str, ...] = ()
    depends_on: tuple[pulumi.Resource, ...] = ()


class Account(pulumi.ComponentResource):
    """`member` for IAM, `database_user` for Cloud SQL, which drops `.gserviceaccount.com`.

    `name` is the full one, projects/P/serviceAccounts/EMAIL.
    """

    name: pulumi.Output[str]
    email: pulumi.Output[str]
    member: pulumi.Output[str]
    database_user: pulumi.Output[str]

    def __init__(self, name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:identity:Account", name, {}, opts)
        account = serviceaccount.Account(
            name,
            project=args.project,
            account_id=args.account,
            display_name=args.account,
            description=args.description,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.name, self.email, self.member = account.name, account.email, account.member
        self.database_user = account.email.apply(lambda email: email.removesuffix(".gserviceaccount.com"))
        self.grants = [project_grant(name, args.project, role, self.member, self) for role in args.roles]
        self.register_outputs({"email": self.email})


def project_grant(
    name: str, project: pulumi.Input[str], role: str, member: pulumi.Input[str], parent: pulumi.Resource
) -> projects.IAMMember:
    """One role on one project, named after both."""
    return projects.IAMMember(
        f"{name}-{role.rsplit('/', 1)[-1].rsplit('.', 1)[-1]}",
        project=project,
        role=role,
        member=member,
        opts=pulumi.ResourceOptions(parent=parent),
    )
