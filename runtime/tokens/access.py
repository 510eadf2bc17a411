"""Access tokens: JWT (RFC 9068) signed with ES256 by the tenant's key in Cloud KMS, verified here."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jwt
from joserfc.errors import JoseError

from runtime.errors import InvalidToken, Unavailable
from runtime.scopes import ScopeError, Scopes
from runtime.tokens.jws import BadToken, encode, protected_header
from runtime.tokens.keys import TokenKeys

_TYPE = "at+jwt"
_LEEWAY = 5


@dataclass(frozen=True)
class Principal:
    """Who calls, as a verified access token says."""

    client_id: str
    scopes: Scopes
    token_id: str


@dataclass(frozen=True)
class AccessTokens:
    """Issuer and verifier of one tenant; `base_url` may have to be looked up first."""

    keys: TokenKeys
    tenant: str
    seconds: int
    clock: Callable[[], float] = time.time

    def issue(self, base_url: str, client_id: str, scopes: Scopes) -> str:
        now = int(self.clock())
        claims = {
            "iss": base_url,
            "aud": base_url + "/fhir",
            "sub": client_id,
            "client_id": client_id,
            "tenant": self.tenant,
            "scope": scopes.text(),
            "iat": now,
            "exp": now + self.seconds,
            "jti": str(uuid.uuid4()),
        }
        try:
            return self._sign(claims)
        except Unavailable:
            self.keys.refresh()
            return self._sign(claims)

    def _sign(self, claims: dict[str, object]) -> str:
        version = self.keys.newest()
        header = {"alg": "ES256", "kid": version.kid, "typ": _TYPE}
        signed = ".".join(
            encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
        )
        r, s = decode_dss_signature(self.keys.sign(hashlib.sha256(signed.encode()).digest(), version))
        return f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def verify(self, base_url: str, token: str) -> Principal:
        try:
            header = protected_header(token, ("ES256",))
            if header.get("typ") != _TYPE:
                raise BadToken("typ is not at+jwt")
            key = self.keys.key(header.get("kid"))
            if key is None:
                raise BadToken("kid is not an enabled version of this tenant's key")
            return self._principal(base_url, dict(jwt.decode(token, key, algorithms=["ES256"]).claims))
        except (BadToken, ScopeError) as error:
            raise InvalidToken(str(error)) from error
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise InvalidToken(f"{type(error).__name__} in token") from error

    def _principal(self, base_url: str, claims: dict[str, object]) -> Principal:
        expected = {"iss": base_url, "aud": base_url + "/fhir", "tenant": self.tenant}
        for name, value in expected.items():
            if claims.get(name) != value:
                raise BadToken(f"{name} is not this tenant's")
        now = self.clock()
        issued, expires = claims.get("iat"), claims.get("exp")
        if type(issued) is not int or type(expires) is not int or not issued - _LEEWAY <= now < expires:
            raise BadToken("expired or not yet valid")
        return Principal(str(claims["client_id"]), Scopes.parse(str(claims["scope"])), str(claims["jti"]))
