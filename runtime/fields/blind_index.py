"""The blind index: a keyed hash that makes equal values equal, and tells nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class BlindIndex:
    """HMAC-SHA-256 over tenant, system and value; each part with its length, so that none runs on."""

    key: bytes
    tenant: str

    def of(self, system: str, value: str) -> str:
        mac = hmac.new(self.key, digestmod=hashlib.sha256)
        for part in (self.tenant, system, unicodedata.normalize("NFC", value.strip())):
            encoded = part.encode()
            mac.update(len(encoded).to_bytes(4, "big") + encoded)
        return "b1-" + base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()
