"""Identity tokens of service accounts for push requests: RS256, one signing key per local cloud."""

from __future__ import annotations

import hashlib
import threading

from joserfc import jwt
from joserfc.jwk import RSAKey

from localcloud.cloud import Cloud

_LOCK = threading.Lock()


def signing_key(cloud: Cloud) -> RSAKey:
    """The key, made on first use and kept with the state; receivers verify with its public half."""
    with _LOCK:
        stored = cloud.store.private("oidc", "push")
        if stored is None:
            stored = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True).as_pem(private=True)
            cloud.store.set_private("oidc", "push", stored)
        return RSAKey.import_key(stored, {"kid": hashlib.sha256(stored).hexdigest()[:16]})


def id_token(cloud: Cloud, email: str, audience: str) -> str:
    """A token as Google's Pub/Sub sends it
    (https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions#claims)."""
    key, now = signing_key(cloud), int(cloud.clock.now().timestamp())
    subject = str(int(hashlib.sha256(email.encode()).hexdigest()[:16], 16))
    claims = {
        "iss": "https://accounts.google.com",
        "aud": audience,
        "azp": subject,
        "sub": subject,
        "email": email,
        "email_verified": True,
        "iat": now,
        "exp": now + 3600,
    }
    return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": key.kid}, claims, key)
