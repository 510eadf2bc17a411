"""Bearer tokens: whom each stands for, kept in the state so that they outlive a restart."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path

from localcloud.api import Caller
from localcloud.cloud import Clock
from localcloud.store import Store

OPERATOR = Caller("user:operator@careplane.test", operator=True)


def operator_token(home: Path) -> str:
    """The operator's token, made at the first start and readable by its owner only."""
    path = home / "operator-token"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token := _new())
        return token


def _new() -> str:
    return f"ya29.lc-{secrets.token_urlsafe(32)}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class StoredTokens:
    """Tokens by digest: the state file holds none that could be used."""

    def __init__(self, store: Store, clock: Clock, operator: str) -> None:
        self._store, self._clock = store, clock
        self._operator = _digest(operator)
        self._known: dict[str, tuple[Caller, float]] = {}

    def mint(self, caller: Caller, seconds: int = 3600) -> str:
        token = _new()
        expires = self._clock.now().timestamp() + seconds
        value = [caller.member, caller.project, caller.operator, expires]
        self._store.set_private("tokens", _digest(token), json.dumps(value).encode())
        self._known[_digest(token)] = (caller, expires)
        return token

    def caller(self, token: str) -> Caller | None:
        digest = _digest(token)
        if digest == self._operator:
            return OPERATOR
        found = self._known.get(digest) or self._load(digest)
        if found is None or found[1] <= self._clock.now().timestamp():
            return None
        return found[0]

    def _load(self, digest: str) -> tuple[Caller, float] | None:
        value = self._store.private("tokens", digest)
        if value is None:
            return None
        member, project, operator, expires = json.loads(value)
        self._known[digest] = (Caller(member, project, operator), expires)
        return self._known[digest]

    def forget(self) -> None:
        """After a reset no token but the operator's is good."""
        self._known.clear()

    def purge(self) -> None:
        """Drop what expired long ago."""
        limit = self._clock.now().timestamp() - 86400
        for digest, value in self._store.privates("tokens"):
            if json.loads(value)[3] < limit:
                self._store.set_private("tokens", digest, None)
