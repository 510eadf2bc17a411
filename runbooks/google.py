"""Google's APIs as a drill calls them: one authorised session, Google's error message where it fails."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

import requests

from runbooks.errors import ActivityError
from runbooks.stack import Stack

_SQL_LOGIN = "https://www.googleapis.com/auth/sqlservice.login"
_WAIT_SECONDS = 1800


def token() -> str:
    """The operator's token: the environment's (laptop), else application default credentials."""
    given = os.environ.get("GOOGLE_OAUTH_ACCESS_TOKEN")
    if given:
        return given
    import google.auth
    import google.auth.transport.requests

    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    credentials.refresh(google.auth.transport.requests.Request())  # type: ignore[no-untyped-call]
    return str(credentials.token)


@dataclass(frozen=True)
class Google:
    """Calls for one stack, at that stack's endpoints."""

    stack: Stack

    def call(self, verb: str, endpoint: str, path: str, body: Any = None) -> dict[str, Any]:
        """One call; `path` is relative to the endpoint. Raises `ActivityError` with Google's message."""
        url = self.stack.endpoint(endpoint) + path
        headers = {"Authorization": f"Bearer {token()}"}
        answer = requests.request(verb, url, json=body, headers=headers, timeout=600)
        if answer.status_code >= 400:
            try:
                said = answer.json()["error"]["message"]
            except (ValueError, KeyError, TypeError):
                said = answer.reason
            raise ActivityError(f"{verb} {path}: {answer.status_code}: {said}")
        result: dict[str, Any] = answer.json() if answer.content else {}
        return result

    def sql_operation(self, project: str, operation: dict[str, Any]) -> None:
        """Wait until a Cloud SQL operation is DONE; raise with its errors."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while operation.get("status") != "DONE":
            if time.monotonic() > deadline:
                raise ActivityError(f"operation {operation.get('name')} took over {_WAIT_SECONDS} s")
            time.sleep(1)
            operation = self.call(
                "GET", "sqlCustomEndpoint", f"projects/{project}/operations/{operation['name']}"
            )
        errors = operation.get("error", {}).get("errors", [])
        if errors:
            raise ActivityError("; ".join(str(item.get("message")) for item in errors))

    def login_token(self, service_account: str) -> str:
        """A short token of a service account, for a database login (needs serviceAccountTokenCreator)."""
        body = {"scope": [_SQL_LOGIN], "lifetime": "300s"}
        path = f"projects/-/serviceAccounts/{service_account}:generateAccessToken"
        return str(self.call("POST", "iamCredentialsCustomEndpoint", path, body)["accessToken"])
