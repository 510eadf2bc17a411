"""CRC32C fields: checked on the way in, added on the way out (https://cloud.google.com/kms/docs/data-integrity-guidelines)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import google_crc32c

from localcloud.api import ApiError, Json


def crc32c(data: bytes) -> str:
    """The checksum as JSON carries an int64: a decimal string."""
    return str(google_crc32c.value(data))


def field_bytes(body: Json, field: str) -> bytes:
    """A base64 field (either alphabet, as Google accepts both); absent is empty."""
    value = body.get(field) or ""
    if not isinstance(value, str):
        raise ApiError(400, f"Invalid value at '{field}': expected base64.")
    try:
        padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
        return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ApiError(400, f"Invalid value at '{field}' (TYPE_BYTES): Base64 decoding failed.") from error


def verified(body: Json, field: str, data: bytes) -> bool:
    """Whether the caller sent a checksum of this field; a wrong one is an error."""
    given: Any = body.get(f"{field}Crc32c")
    if given is None:
        return False
    if str(given) != crc32c(data):
        snake = re.sub("[A-Z]", lambda m: "_" + m[0].lower(), field)
        raise ApiError(400, f"The checksum in field {snake}_crc32c did not match the data in field {snake}.")
    return True


def encoded(field: str, data: bytes) -> Json:
    """A result field with its checksum beside it."""
    return {field: base64.b64encode(data).decode(), f"{field}Crc32c": crc32c(data)}
