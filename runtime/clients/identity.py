"""Who the runtime is: access tokens of its own service account, from the metadata server on Cloud Run."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import anyio.to_thread
import httpx

from runtime.errors import Unavailable

CLOUD = "https://www.googleapis.com/auth/cloud-platform"
SQL_LOGIN = "https://www.googleapis.com/auth/sqlservice.login"
_MARGIN = timedelta(seconds=60)


class Identity(Protocol):
    def token(self) -> str:
        """A live access token; may block while a new one is fetched."""
        ...

    def held(self) -> str | None:
        """The token at hand when it still lives, without blocking."""
        ...


class GoogleIdentity:
    """Application default credentials, refreshed a minute before they end."""

    def __init__(self, scope: str = CLOUD) -> None:
        self._scope = scope
        self._lock = threading.Lock()
        self._credentials: Any = None

    def credentials(self) -> Any:
        """The same tokens for Google's clients; see `lent_credentials`."""
        from runtime.clients.lent_credentials import LentCredentials

        return LentCredentials(self)

    def held(self) -> str | None:
        token = getattr(self._credentials, "token", None)
        expiry = getattr(self._credentials, "expiry", None)
        fresh = expiry is None or expiry - _MARGIN > datetime.now(UTC).replace(tzinfo=None)
        return token if token and fresh else None

    def token(self) -> str:
        with self._lock:
            token = self.held()
            if token is None:
                token = self._refresh()
            return token

    def _refresh(self) -> str:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        try:
            if self._credentials is None:
                self._credentials = google.auth.default(scopes=[self._scope])[0]
            self._credentials.refresh(Request())
        except GoogleAuthError as error:
            raise Unavailable("The service's own identity gets no access token at present.") from error
        return str(self._credentials.token)


class BearerAuth(httpx.Auth):
    """Adds the identity's token to each request of an httpx client."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._identity.token()}"
        yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = self._identity.held() or await anyio.to_thread.run_sync(self._identity.token)
        request.headers["Authorization"] = f"Bearer {token}"
        yield request
