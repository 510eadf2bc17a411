"""A tenant's databases and its role on an instance; the grants job gives the one to the other."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import sql

from infra.errors import ConfigError
from infra.site import Site


@dataclass(frozen=True)
class DatabaseArgs:
    """`user` is the tenant's IAM database user, without `.gserviceaccount.com`; `more` are more databases.

    `retained` ones outlive the stack with their role, which owns what is in them, as an audit trail must.
    """

    site: Site
    instance: pulumi.Input[str]
    database: str
    user: pulumi.Input[str]
    more: tuple[str, ...] = ()
    retained: bool = False

    def __post_init__(self) -> None:
        for database in self.more:
            if database == self.database or self.more.count(database) > 1:
                raise ConfigError("more", database, "each database once")


class TenantDatabase(pulumi.ComponentResource):
    """`name` is the first database, `more` the others by name."""

    name: pulumi.Output[str]
    more: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:sql:TenantDatabase", name, {}, opts)
        user = sql.User(
            name,
            project=args.site.project,
            instance=args.instance,
            name=args.user,
            type="CLOUD_IAM_SERVICE_ACCOUNT",
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.retained or None),
        )
        self._args, self._user = args, user
        self.database = self._database(name, args.database)
        self.name = self.database.name
        self.more = {each: self._database(f"{name}-{each}", each).name for each in args.more}
        self.register_outputs({"name": self.name})

    def _database(self, name: str, database: str) -> sql.Database:
        """After the user: destroyed before it, for PostgreSQL keeps a role that owns tables."""
        return sql.Database(
            name,
            project=self._args.site.project,
            instance=self._args.instance,
            name=database,
            opts=self._args.site.guard(self, [self._user], self._args.retained),
        )
