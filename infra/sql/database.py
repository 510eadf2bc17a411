"""A tenant's database and its role on an instance; the grants job gives the one to the other."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import sql

from infra.site import Site


@dataclass(frozen=True)
class DatabaseArgs:
    """`user` is the tenant's IAM database user, without `.gserviceaccount.com`."""

    site: Site
    instance: pulumi.Input[str]
    database: str
    user: pulumi.Input[str]


class TenantDatabase(pulumi.ComponentResource):
    name: pulumi.Output[str]

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:sql:TenantDatabase", name, {}, opts)
        user = sql.User(
            name,
            project=args.site.project,
            instance=args.instance,
            name=args.user,
            type="CLOUD_IAM_SERVICE_ACCOUNT",
            opts=pulumi.ResourceOptions(parent=self),
        )
        # After the user: on destroy the database goes first, for PostgreSQL keeps a role that owns tables.
        self.database = sql.Database(
            name,
            project=args.site.project,
            instance=args.instance,
            name=args.database,
            opts=args.site.guard(self, [user]),
        )
        self.name = self.database.name
        self.register_outputs({"name": self.name})
