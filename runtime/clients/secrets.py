"""Secret Manager over plain authorised HTTP (https://cloud.google.com/secret-manager/docs/reference/rest)."""

from __future__ import annotations

import base64
from typing import Protocol

import httpx

from runtime.clients.identity import BearerAuth, Identity
from runtime.errors import Unavailable


class Secrets(Protocol):
    def latest(self, secret: str) -> bytes | None:
        """The newest version's payload; None when the secret has no version yet."""
        ...

    def add(self, secret: str, payload: bytes) -> None: ...


class GoogleSecrets:
    def __init__(self, identity: Identity, root: str) -> None:
        self._identity, self._root = identity, root

    def latest(self, secret: str) -> bytes | None:
        answer = self._request("GET", f"{secret}/versions/latest:access")
        if answer.status_code == 404:
            return None
        return base64.b64decode(self._checked(answer).json()["payload"]["data"])

    def add(self, secret: str, payload: bytes) -> None:
        body = {"payload": {"data": base64.b64encode(payload).decode()}}
        self._checked(self._request("POST", f"{secret}:addVersion", body))

    def _request(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            with httpx.Client(auth=BearerAuth(self._identity), timeout=10, trust_env=False) as client:
                return client.request(method, f"{self._root}/v1/{path}", json=body)
        except httpx.HTTPError as error:
            raise Unavailable("Secret Manager does not answer.") from error

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != 200:
            raise Unavailable(f"Secret Manager answers {answer.status_code}.")
        return answer
