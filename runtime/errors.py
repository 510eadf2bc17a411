"""What can be refused, as data.

Refusal
├── Malformed            400  the request cannot be understood
├── InvalidToken         401  no token, or not one of this tenant's
├── OutOfScope           403  the token does not cover this
├── NoSuchResource       404
├── MethodNotAllowed     405
├── NotAcceptable        406
├── Conflicting          409
├── TooLarge             413
├── WrongMediaType       415
├── Unprocessable        422
├── Throttled            429
└── Unavailable          502, 503: something that the runtime needs does not answer
    ├── AuditUnavailable 503  an access that cannot be audited is refused
    ├── ReadOnly         503  the tenant takes no writes at present
    └── TookTooLong      504  the request did not end within its time
OAuthRefusal             RFC 6749 section 5.2, for the OAuth endpoints only
"""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A request that is answered with an OperationOutcome.

    `issue` is a code of http://hl7.org/fhir/issue-type; `text` is for the caller
    and holds no patient data.
    """

    status = 500
    issue = "exception"

    def __init__(
        self, text: str, *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.text = text
        self.status = status or self.status
        self.headers = dict(headers or {})


class Malformed(Refusal):
    status, issue = 400, "invalid"


class InvalidToken(Refusal):
    """RFC 6750 section 3.1; `reason` is for the log, never for the caller."""

    status, issue = 401, "login"

    def __init__(self, reason: str, text: str = "A valid access token of this tenant is needed.") -> None:
        challenge = 'Bearer realm="fhir", error="invalid_token", error_description="' + text + '"'
        super().__init__(text, headers={"WWW-Authenticate": challenge})
        self.reason = reason


class OutOfScope(Refusal):
    status, issue = 403, "forbidden"

    def __init__(self, needed: str) -> None:
        challenge = f'Bearer realm="fhir", error="insufficient_scope", scope="{needed}"'
        super().__init__(
            f"The token's scopes do not include {needed}.", headers={"WWW-Authenticate": challenge}
        )
        self.needed = needed


class NoSuchResource(Refusal):
    status, issue = 404, "not-found"


class MethodNotAllowed(Refusal):
    status, issue = 405, "not-supported"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(
            f"{method} is not allowed here; allowed: {', '.join(allowed)}.",
            headers={"Allow": ", ".join(allowed)},
        )


class NotAcceptable(Refusal):
    status, issue = 406, "not-supported"


class Conflicting(Refusal):
    status, issue = 409, "conflict"


class TooLarge(Refusal):
    status, issue = 413, "too-long"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The body is larger than {limit} bytes ({limit // 1024 // 1024} MiB).",
            headers={"Connection": "close"},
        )
        self.limit = limit


class WrongMediaType(Refusal):
    status, issue = 415, "not-supported"


class Unprocessable(Refusal):
    status, issue = 422, "processing"


class Throttled(Refusal):
    status, issue = 429, "throttled"


class Unavailable(Refusal):
    status, issue = 503, "transient"


class AuditUnavailable(Unavailable):
    def __init__(self, text: str = "The access cannot be audited at present, so it is refused.") -> None:
        super().__init__(text, headers={"Retry-After": "5"})


class ReadOnly(Unavailable):
    """`transient` of http://hl7.org/fhir/issue-type: the same request may be sent again once it is open."""

    def __init__(self, text: str = "This service is read-only at present: nothing can be written.") -> None:
        super().__init__(text, headers={"Retry-After": "300"})


class TookTooLong(Unavailable):
    status, issue = 504, "timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The request did not end within {seconds:.0f} s; a change that it asked for may have been made.",
            headers={"Connection": "close"},
        )


class OAuthRefusal(Exception):
    """`error` as RFC 6749 section 5.2 lists it; `reason` is for the log."""

    def __init__(
        self, error: str, description: str, *, status: int = 400, reason: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.reason = reason or description
        self.headers = {"Retry-After": str(retry_after)} if retry_after else {}
