"""A FHIR store of the Healthcare API over plain authorised HTTP: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from runtime.clients.identity import BearerAuth, Identity
from runtime.errors import Unavailable

_TIMEOUT = httpx.Timeout(120.0, connect=5.0)
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=60.0)


@dataclass(frozen=True)
class StoreAnswer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class FhirStore(Protocol):
    """`addresses` are the FHIR base URLs that the store may write into its answers; `counts` says whether it
    answers a search with `_summary=count`.
    """

    addresses: tuple[str, ...]
    counts: bool

    async def send(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> StoreAnswer:
        """`path` is relative to the store's FHIR base and starts with `/`, or is empty for a bundle."""
        ...

    async def close(self) -> None: ...


class HealthcareStore:
    """`name` is the store's resource name, `root` the address of the Healthcare API."""

    counts = False
    """https://cloud.google.com/healthcare-api/docs/fhir: `_summary=count` is not supported."""

    def __init__(self, name: str, root: str, identity: Identity) -> None:
        self._base = f"{root}/v1/{name}/fhir"
        hosts = dict.fromkeys((root, "https://healthcare.googleapis.com"))
        self.addresses = tuple(
            f"{host}/{version}/{name}/fhir" for host in hosts for version in ("v1", "v1beta1")
        )
        self._client = httpx.AsyncClient(
            auth=BearerAuth(identity), timeout=_TIMEOUT, limits=_LIMITS, trust_env=False
        )

    async def send(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> StoreAnswer:
        url = self._base + path + ("?" + query if query else "")
        try:
            answer = await self._client.request(
                method, url, headers=dict(headers or {}), content=body or None
            )
        except httpx.HTTPError as error:
            raise Unavailable("The FHIR store does not answer.") from error
        return StoreAnswer(
            answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content
        )

    async def close(self) -> None:
        await self._client.aclose()
