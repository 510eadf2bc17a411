"""Cloud Run Admin API: the address that a service was given (https://cloud.google.com/run/docs/reference/rest)."""

from __future__ import annotations

from typing import Protocol

import httpx

from runtime.clients.identity import BearerAuth, Identity
from runtime.errors import Unavailable


class Services(Protocol):
    def uri(self, service: str) -> str:
        """`service` is a resource name projects/…/locations/…/services/…"""
        ...


class GoogleRun:
    def __init__(self, identity: Identity, root: str) -> None:
        self._identity, self._root = identity, root

    def uri(self, service: str) -> str:
        try:
            with httpx.Client(auth=BearerAuth(self._identity), timeout=10, trust_env=False) as client:
                answer = client.get(f"{self._root}/v2/{service}")
        except httpx.HTTPError as error:
            raise Unavailable("The Cloud Run Admin API does not answer.") from error
        uri = answer.json().get("uri") if answer.status_code == 200 else None
        if not uri:
            raise Unavailable(
                f"The Cloud Run Admin API answers {answer.status_code} to the service's own address."
            )
        return str(uri).rstrip("/")
