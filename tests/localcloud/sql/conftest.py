"""Cloud SQL on a running cloud, in a project of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest

from tests.localcloud.running import RunningCloud

PROJECT = "sql-tests"
PITR = {"enabled": True, "pointInTimeRecoveryEnabled": True}
IAM = [{"name": "cloudsql.iam_authentication", "value": "on"}]


@dataclass
class CloudSql:
    """Calls of the SQL Admin API; instances that it makes are removed at the end."""

    cloud: RunningCloud
    made: list[str] = field(default_factory=list)

    def send(self, verb: str, path: str, body: Any = None, **params: str) -> httpx.Response:
        return self.cloud.request(
            "sqladmin", verb, f"/sql/v1beta4/projects/{PROJECT}/instances{path}", body, params=params
        )

    def call(self, verb: str, path: str, body: Any = None, **params: str) -> dict[str, Any]:
        answer = self.send(verb, path, body, **params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def body(self, name: str, **more: Any) -> dict[str, Any]:
        settings = {
            "tier": "db-custom-1-3840",
            "backupConfiguration": PITR,
            "databaseFlags": IAM,
            "ipConfiguration": {"ipv4Enabled": True, "sslMode": "ENCRYPTED_ONLY"},
        }
        return {
            "name": name,
            "region": "europe-west3",
            "databaseVersion": "POSTGRES_17",
            "settings": settings | more.pop("settings", {}),
            **more,
        }

    def insert(self, name: str, **more: Any) -> dict[str, Any]:
        self.made.append(name)
        self.call("POST", "", self.body(name, **more))
        return self.call("GET", f"/{name}")

    def clone(self, source: str, target: str, moment: str | None = None) -> httpx.Response:
        context = {"destinationInstanceName": target} | ({"pointInTime": moment} if moment else {})
        self.made.append(target)
        return self.send("POST", f"/{source}/clone", {"cloneContext": context})

    def user(self, instance: str, name: str, *roles: str) -> str:
        """An IAM user for a service account of this name; its database name."""
        full = f"{name}@{PROJECT}.iam"
        body = {"name": full, "type": "CLOUD_IAM_SERVICE_ACCOUNT", "databaseRoles": list(roles)}
        self.call("POST", f"/{instance}/users", body)
        return full

    def token(self, user: str) -> str:
        return self.cloud.token(f"serviceAccount:{user}.gserviceaccount.com", PROJECT)

    def connect(self, instance: str, user: str, database: str, **more: Any) -> psycopg.Connection[Any]:
        """As a client in the cell does it: TLS, the private address, a fresh token as password."""
        host = self.call("GET", f"/{instance}")["ipAddresses"][0]["ipAddress"]
        arguments = {"sslmode": "require", "password": more.pop("password", None) or self.token(user)} | more
        return psycopg.connect(host=host, user=user, dbname=database, autocommit=True, **arguments)

    def remove(self, name: str) -> None:
        self.send("PATCH", f"/{name}", {"settings": {"deletionProtectionEnabled": False}})
        self.send("DELETE", f"/{name}")

    def close(self) -> None:
        for name in reversed(self.made):
            self.remove(name)


def prepare(cloud: RunningCloud) -> CloudSql:
    cloud.control("POST", "/projects", {"projectId": PROJECT})
    members = [
        f"serviceAccount:{name}@{PROJECT}.iam.gserviceaccount.com"
        for name in ("tenant-a", "tenant-b", "sql-admin")
    ]
    policy = {"policy": {"bindings": [{"role": "roles/cloudsql.instanceUser", "members": members}]}}
    cloud.request(
        "cloudresourcemanager", "POST", f"/v1/projects/{PROJECT}:setIamPolicy", policy
    ).raise_for_status()
    return CloudSql(cloud)


@pytest.fixture
def sql(localcloud: RunningCloud) -> Iterator[CloudSql]:
    found = prepare(localcloud)
    yield found
    found.close()


@pytest.fixture
def fresh_sql(fresh_localcloud: RunningCloud) -> CloudSql:
    return prepare(fresh_localcloud)
