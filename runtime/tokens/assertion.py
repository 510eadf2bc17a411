"""Client assertions (https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html, RFC 7523)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from runtime.tokens.jws import BadToken, decode, protected_header, read_json

ALGORITHMS = ("RS384", "ES384", "ES256")
MAX_SECONDS = 300
_LEEWAY = 5
CLIENT_ID = re.compile(r"[A-Za-z0-9._\-]{1,128}")
_JTI = re.compile(r"[\x20-\x7e]{1,255}")
_PUBLIC: tuple[str, ...] = ("kty", "crv", "x", "y", "n", "e")
_CURVES = {"P-256": "ES256", "P-384": "ES384"}


class KeySetError(ValueError):
    """A JWKS that cannot be registered."""


@dataclass(frozen=True)
class Assertion:
    client_id: str
    jti: str
    expires: int


def claimed_client(token: str) -> str:
    """Who it says it is from: only to look up the keys that will prove it."""
    protected_header(token, ALGORITHMS)
    claims = read_json(token.split(".")[1])
    client_id = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise BadToken("iss is missing or no client id")
    return client_id


def verify(token: str, jwks: dict[str, Any], audience: str, now: float) -> Assertion:
    """Signature by a registered key of the right kind, and the claims that SMART requires."""
    header = protected_header(token, ALGORITHMS)
    key = _key(jwks, header)
    try:
        claims = jwt.decode(token, key, algorithms=[header["alg"]]).claims
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise BadToken("signature is not the client's") from error
    if claims.get("iss") != claims.get("sub"):
        raise BadToken("iss and sub differ")
    if audience not in _texts(claims.get("aud")):
        raise BadToken("aud is not the token endpoint")
    return Assertion(str(claims["iss"]), _jti(claims.get("jti")), _expiry(claims, now))


def _expiry(claims: dict[str, Any], now: float) -> int:
    expires, not_before, issued = claims.get("exp"), claims.get("nbf", 0), claims.get("iat", 0)
    if type(expires) is not int or not now < expires <= now + MAX_SECONDS + _LEEWAY:
        raise BadToken(f"exp is missing, past, or more than {MAX_SECONDS} s ahead")
    if any(type(moment) is not int or moment > now + _LEEWAY for moment in (not_before, issued)):
        raise BadToken("nbf or iat lies in the future")
    return expires


def _jti(value: object) -> str:
    if not isinstance(value, str) or not _JTI.fullmatch(value):
        raise BadToken("jti is missing or not 1 to 255 printable ASCII characters")
    return value


def _key(jwks: dict[str, Any], header: dict[str, Any]) -> RSAKey | ECKey:
    fitting = [
        each
        for each in jwks["keys"]
        if each.get("kid") == header.get("kid") and algorithm(each) == header["alg"]
    ]
    if len(fitting) != 1:
        raise BadToken("kid and alg match no registered key")
    return _import(fitting[0])


def check_key_set(jwks: object) -> dict[str, Any]:
    """Public RSA (2048 bits or more), P-256 or P-384 keys, each with a kid of its own."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if (
        not isinstance(keys, list)
        or not 1 <= len(keys) <= 10
        or not all(isinstance(each, dict) for each in keys)
    ):
        raise KeySetError("a JWKS is an object with 1 to 10 public keys in `keys`")
    kids = [each.get("kid") for each in keys]
    if not all(isinstance(kid, str) and kid for kid in kids) or len(set(kids)) != len(kids):
        raise KeySetError("each key needs a kid of its own")
    for each in keys:
        _check(each)
    return {"keys": keys}


def _check(each: dict[str, Any]) -> None:
    if {"d", "k", "p", "q"} & each.keys():
        raise KeySetError(f"key {each['kid']}: only public keys are taken")
    if algorithm(each) is None:
        raise KeySetError(f"key {each['kid']}: kty and crv must be RSA, EC P-256 or EC P-384")
    try:
        if each["kty"] == "RSA" and len(decode(each["n"]).lstrip(b"\0")) * 8 < 2048:
            raise KeySetError(f"key {each['kid']}: an RSA key needs 2048 bits or more")
        _import(each)
    except KeySetError:
        raise
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeySetError(f"key {each['kid']}: cannot be read") from error


def algorithm(each: dict[str, Any]) -> str | None:
    """The one algorithm that a key may be used with."""
    if each.get("kty") == "RSA":
        return "RS384"
    return _CURVES.get(str(each.get("crv"))) if each.get("kty") == "EC" else None


def _import(each: dict[str, Any]) -> RSAKey | ECKey:
    public: dict[str, str | list[str]] = {name: each[name] for name in _PUBLIC if name in each}
    return RSAKey.import_key(public) if each["kty"] == "RSA" else ECKey.import_key(public)


def _texts(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
