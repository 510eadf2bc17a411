"""The key pair of a client: made once, readable by its owner alone."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

ALGORITHM = "ES384"
"""One of the two that SMART requires servers to know (the other is RS384)."""

LIFETIME = 240
"""Seconds; SMART allows five minutes at most."""


@dataclass(frozen=True)
class ClientKey:
    """An EC key on P-384."""

    key: ECKey

    @classmethod
    def load_or_make(cls, path: Path) -> ClientKey:
        try:
            return cls(ECKey.import_key(path.read_bytes()))
        except FileNotFoundError:
            key = ECKey.generate_key("P-384")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.as_pem(private=True))
        return cls(key)

    def thumbprint(self) -> str:
        """RFC 7638."""
        return self.key.thumbprint()

    def jwks(self) -> dict[str, Any]:
        """The public half, as a client registers it."""
        public = dict(self.key.as_dict(private=False))
        return {"keys": [public | {"kid": self.thumbprint(), "alg": ALGORITHM, "use": "sig"}]}

    def assertion(self, client: str, audience: str) -> str:
        """A signed statement of who asks, for one token endpoint and once only."""
        now = int(time.time())
        claims = {
            "iss": client,
            "sub": client,
            "aud": audience,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": str(uuid.uuid4()),
        }
        header = {"alg": ALGORITHM, "kid": self.thumbprint(), "typ": "JWT"}
        return jwt.encode(header, claims, self.key, algorithms=[ALGORITHM])
