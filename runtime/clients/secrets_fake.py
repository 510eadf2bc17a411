"""Secret Manager in memory."""

from __future__ import annotations


class FakeSecrets:
    def __init__(self) -> None:
        self.versions: dict[str, list[bytes]] = {}

    def latest(self, secret: str) -> bytes | None:
        versions = self.versions.get(secret)
        return versions[-1] if versions else None

    def add(self, secret: str, payload: bytes) -> None:
        self.versions.setdefault(secret, []).append(payload)
