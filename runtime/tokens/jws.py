"""Compact JWS, looked at before anything in it is believed."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any


class BadToken(ValueError):
    """Why a token is refused: for the log, not for who sent it."""


def protected_header(token: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    """The header of a compact JWS: `alg`, `kid` and `typ` only, so that it brings no key (jku, jwk)."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > 16_384:
        raise BadToken("not a compact JWS")
    header = read_json(parts[0])
    if not isinstance(header, dict) or not header.keys() <= {"alg", "kid", "typ"}:
        raise BadToken("header has parameters other than alg, kid and typ")
    if header.get("alg") not in allowed:
        raise BadToken("alg is not allowed")
    return header


def read_json(part: str) -> Any:
    """One part of a token, which may have come from anyone: nested too deeply, it is no JSON either."""
    try:
        return json.loads(decode(part))
    except (ValueError, RecursionError) as error:
        raise BadToken("not JSON") from error


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise BadToken("not base64url") from error
