"""People who may sign in to an instance with their own Google identity, to look and not to change (check 36).

https://cloud.google.com/sql/docs/postgres/iam-authentication
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import projects, sql

from infra.errors import ConfigError
from infra.site import Site

LOGIN = "roles/cloudsql.instanceUser"
READING = ("pg_monitor", "pg_read_all_data", "pg_read_all_settings", "pg_read_all_stats")
"""PostgreSQL's predefined roles that change nothing; `pg_read_all_data` reads every patient's rows."""


@dataclass(frozen=True)
class UsersArgs:
    """`people` and `groups` map a short name to an e-mail address. By default they see no table's rows."""

    site: Site
    instance: pulumi.Input[str]
    people: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ("pg_monitor",)

    def __post_init__(self) -> None:
        for role in self.roles:
            if role not in READING:
                raise ConfigError("roles", role, READING)
        for who, email in {**self.people, **self.groups}.items():
            if "@" not in email or email.endswith(".gserviceaccount.com"):
                raise ConfigError(f"database user {who}", email, "the e-mail address of a person or a group")
        for who in sorted(self.people.keys() & self.groups.keys()):
            raise ConfigError(f"database user {who}", "a person and a group", "one of them")


class Users(pulumi.ComponentResource):
    """Each is a database user, with the right to sign in on this instance and on no other."""

    def __init__(self, name: str, args: UsersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:sql:Users", name, {}, opts)
        self._name, self._args = name, args
        for who, email in args.people.items():
            self._user(who, email, "CLOUD_IAM_USER", f"user:{email}")
        for who, email in args.groups.items():
            self._user(who, email, "CLOUD_IAM_GROUP", f"group:{email}")
        self.register_outputs({})

    def _user(self, who: str, email: str, kind: str, member: str) -> None:
        args = self._args
        sql.User(
            f"{self._name}-{who}",
            project=args.site.project,
            instance=args.instance,
            name=email.lower(),
            type=kind,
            database_roles=list(args.roles),
            opts=pulumi.ResourceOptions(parent=self),
        )
        projects.IAMMember(
            f"{self._name}-{who}-login",
            project=args.site.project,
            role=LOGIN,
            member=member,
            condition={
                "title": "this instance only",
                "expression": pulumi.Output.concat(
                    'resource.service == "sqladmin.googleapis.com" && resource.name == "projects/',
                    args.site.project,
                    "/instances/",
                    args.instance,
                    '"',
                ),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
