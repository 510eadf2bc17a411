"""The client_credentials grant: an assertion in, an access token out (RFC 6749 section 4.4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from runtime.db.assertions import Assertions
from runtime.db.clients import Client, Clients
from runtime.errors import OAuthRefusal
from runtime.scopes import ScopeError, Scopes
from runtime.tokens.access import AccessTokens
from runtime.tokens.assertion import claimed_client, verify
from runtime.tokens.jws import BadToken

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Granted:
    client_id: str
    token: str
    scope: str
    seconds: int


@dataclass(frozen=True)
class ClientCredentials:
    clients: Clients
    assertions: Assertions
    tokens: AccessTokens
    clock: Callable[[], float] = time.time

    def grant(self, base_url: str, form: Mapping[str, str]) -> Granted:
        if form.get("grant_type") != "client_credentials":
            raise OAuthRefusal("unsupported_grant_type", "grant_type must be client_credentials.")
        if form.get("client_assertion_type") != _ASSERTION_TYPE:
            raise OAuthRefusal("invalid_request", f"client_assertion_type must be {_ASSERTION_TYPE}.")
        client = self._authenticate(base_url + "/auth/token", form.get("client_assertion") or "")
        scopes = _scopes(client, form.get("scope"))
        token = self.tokens.issue(base_url, client.id, scopes)
        return Granted(client.id, token, scopes.text(), self.tokens.seconds)

    def _authenticate(self, token_url: str, assertion: str) -> Client:
        try:
            client = self.clients.get(claimed_client(assertion))
            if client is None or client.revoked_at is not None:
                raise BadToken("client is unknown or revoked")
            proven = verify(assertion, client.jwks, token_url, self.clock())
            if not self.assertions.use(
                client.id, proven.jti, datetime.fromtimestamp(proven.expires + 60, UTC)
            ):
                raise BadToken("assertion was used before")
        except BadToken as error:
            text = "The client assertion does not authenticate a registered client."
            raise OAuthRefusal("invalid_client", text, status=401, reason=str(error)) from error
        return client


def _scopes(client: Client, requested: str | None) -> Scopes:
    registered = Scopes.parse(client.scopes)
    try:
        granted = Scopes.parse(requested).limited_to(registered) if requested else registered
    except ScopeError as error:
        raise OAuthRefusal("invalid_scope", str(error)) from error
    if not granted.grants:
        raise OAuthRefusal("invalid_scope", "The client is registered for none of the scopes.")
    return granted
