"""An identity without Google."""

from __future__ import annotations


class FakeIdentity:
    def __init__(self, token: str = "own-token") -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def held(self) -> str | None:
        return self._token
