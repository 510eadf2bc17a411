"""Credentials for Google's clients that take their tokens from the one identity.

Google's own credentials would, beside each first call, ask iamcredentials.googleapis.com
for the account's allowed locations: a call that no endpoint override redirects and that
an egress of restricted addresses refuses.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from google.auth.credentials import Credentials

from runtime.clients.identity import Identity

_LIFETIME = timedelta(minutes=5)


class LentCredentials(Credentials):
    """Asks the identity again every few minutes; the identity knows when a token must be renewed."""

    def __init__(self, identity: Identity) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._identity = identity

    def refresh(self, request: Any) -> None:
        self.token = self._identity.token()
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + _LIFETIME
