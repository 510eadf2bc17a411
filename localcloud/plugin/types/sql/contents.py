"""Databases and users of an instance: https://cloud.google.com/sql/docs/postgres/admin-api/rest"""

from __future__ import annotations

from localcloud.plugin.client import GoogleError, Query
from localcloud.plugin.kinds import Field, Json, Kind, local
from localcloud.plugin.types.sql.base import Sql

_INSTANCE = "projects/{project}/instances/{instance}"


class Database(Sql):
    def insert(self, values: Json) -> Json:
        path = self.fill(f"{_INSTANCE}/databases", values)
        body = {**(self.body(values) or {}), "instance": values["instance"], "name": values["name"]}
        return self.done(self.client.call(self.kind.api, "POST", path, body), values)

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        return {**(self.body(values) or {}), "instance": values["instance"], "name": values["name"]}

    def delete(self, values: Json) -> None:
        try:
            super().delete(values)
        except GoogleError as error:
            if error.status != 400 or "not exist" not in error.message:
                raise


class User(Sql):
    """Users have no address of their own: they are found in the list, and named in the query."""

    def insert(self, values: Json) -> Json:
        self.client.call(self.kind.api, "GET", self.fill(_INSTANCE, values))
        path = self.fill(f"{_INSTANCE}/users", values)
        password = values.get("password") or values.get("passwordWo")
        body = {**(self.body(values) or {}), "instance": values["instance"], "name": values["name"]}
        if password:
            body["password"] = password
        self.done(self.client.call(self.kind.api, "POST", path, body), values)
        return {}

    def fetch(self, values: Json) -> Json | None:
        try:
            instance = self.client.call(self.kind.api, "GET", self.fill(_INSTANCE, values))
            found = self.client.call(self.kind.api, "GET", self.fill(f"{_INSTANCE}/users", values))
        except GoogleError as error:
            if error.status in (403, 404):
                return None
            raise
        if not instance:
            return None
        users = found.get("items", [])
        return next((u for u in users if self._is(u, values)), None)

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if changed & {"password", "passwordWoVersion", "passwordPolicy", "databaseRoles"}:
            body = {**(self.body(values) or {}), "instance": values["instance"], "name": values["name"]}
            if changed & {"password", "passwordWoVersion"}:
                body["password"] = values.get("password") or values.get("passwordWo")
            query: Query = {"host": values.get("host") or "", "name": values["name"]}
            if "databaseRoles" in changed:
                roles = list(values.get("databaseRoles") or [])
                query = {**query, "databaseRoles": roles, "revokeExistingRoles": "true"}
            path = self.fill(f"{_INSTANCE}/users", values)
            self.done(self.client.call(self.kind.api, "PUT", path, body, query), values)

    def remove(self, values: Json) -> None:
        query = {"host": values.get("host") or "", "name": values["name"]}
        path = self.fill(f"{_INSTANCE}/users", values)
        self.done(self.client.call(self.kind.api, "DELETE", path, query=query), values)

    def id(self, values: Json) -> str:
        return f"{values['name']}/{values.get('host') or ''}/{values['instance']}"

    def parse(self, id: str) -> Json:
        """`<project>/<instance>[/<host>]/<name>`, or an id as this type writes it."""
        if "//" in id:
            name, _, instance = id.partition("//")
            return self.resolve({"name": name, "instance": instance})
        project, instance, *_, name = id.split("/")
        return {"project": project, "instance": instance, "name": name}

    def _is(self, user: Json, values: Json) -> bool:
        """IAM users lose their domain on the way to a database role."""
        wanted = values["name"]
        return user["name"] in (wanted, wanted.removesuffix(".gserviceaccount.com")) and (
            user.get("host") or ""
        ) in (
            values.get("host") or "",
            "%" if not values.get("host") else values["host"],
        )


KINDS = (
    Kind(
        token="gcp:sql/database:Database",
        api="sql",
        path=f"{_INSTANCE}/databases/{{name}}",
        behaviour=Database,
        update_verb="PUT",
        mask=False,
        computed=frozenset({"charset", "collation"}),
    ),
    Kind(
        token="gcp:sql/user:User",
        api="sql",
        path=f"{_INSTANCE}/users/{{name}}",
        behaviour=User,
        fields={
            "password": local(),
            "passwordWo": local(),
            "passwordWoVersion": local(),
            "instance": local(),
            "databaseRoles": Field(written=True),
            "host": Field(),
        },
        replace=frozenset({"name", "host", "instance", "type", "project"}),
    ),
)
