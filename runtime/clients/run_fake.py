"""The Cloud Run Admin API in memory."""

from __future__ import annotations

from runtime.errors import Unavailable


class FakeRun:
    def __init__(self, uris: dict[str, str] | None = None) -> None:
        self.uris = uris or {}

    def uri(self, service: str) -> str:
        if service not in self.uris:
            raise Unavailable("The Cloud Run Admin API answers 404 to the service's own address.")
        return self.uris[service]
