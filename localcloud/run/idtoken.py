"""Identity tokens of service accounts, as Cloud Run's ingress accepts them from invokers."""

from __future__ import annotations

import json
import threading
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from localcloud.cloud import Cloud

ISSUER = "https://accounts.google.com"
_LIFETIME = 3600
_lock = threading.Lock()


def _key(cloud: Cloud) -> ECKey:
    """The signing key of this local cloud, made on first use."""
    with _lock:
        kept = cloud.store.private("run", "identity-key")
        if kept is not None:
            return ECKey.import_key(json.loads(kept))
        key = ECKey.generate_key("P-256", private=True)
        cloud.store.set_private("run", "identity-key", json.dumps(key.as_dict(private=True)).encode())
        return key


def mint(cloud: Cloud, email: str, audience: str) -> str:
    now = int(cloud.clock.now().timestamp())
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "azp": email,
        "email": email,
        "email_verified": True,
        "sub": email,
        "iat": now,
        "exp": now + _LIFETIME,
    }
    return jwt.encode({"alg": "ES256"}, claims, _key(cloud))


def member(cloud: Cloud, token: str, audience: str) -> str | None:
    """Whom a good token for this audience stands for."""
    try:
        claims: dict[str, Any] = jwt.decode(token, _key(cloud), algorithms=["ES256"]).claims
    except (JoseError, ValueError):
        return None
    now = cloud.clock.now().timestamp()
    if claims.get("iss") != ISSUER or claims.get("aud") != audience or not now < claims.get("exp", 0):
        return None
    return f"serviceAccount:{claims['email']}"
