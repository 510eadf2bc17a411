"""Everything the store refuses, each with its HTTP status and its OperationOutcome code.

    FhirError
      BadRequest        400   the request cannot be understood
      BadResource       400   the resource cannot be accepted
      UnknownParameter  400   a search parameter the store does not serve (strict handling)
      TooCostly         400   a search that would hold up everyone else
      MissingReference  400   a reference to a resource that does not exist
      NotFound          404
      NotAllowed        405
      NotAcceptable     406
      Conflict          409
      Gone              410
      Precondition      412   If-Match, or a condition with several matches
      TooLarge          413
      Unsupported       415   a content type that is not served
      TooBusy           503   writers kept colliding; the request may be sent again
      Unavailable       503   the database cannot be reached

Codes: https://hl7.org/fhir/R4/valueset-issue-type.html
"""

from __future__ import annotations

from typing import Any, ClassVar

Json = dict[str, Any]


class FhirError(Exception):
    """One sentence for the caller; `expression` is the FHIRPath or parameter that it is about."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"

    def __init__(self, diagnostics: str, expression: str | None = None) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics
        self.expression = expression


class BadRequest(FhirError):
    code = "value"


class BadResource(FhirError):
    code = "structure"


class UnknownParameter(FhirError):
    code = "not-supported"


class TooCostly(FhirError):
    code = "too-costly"


class MissingReference(FhirError):
    code = "business-rule"


class NotFound(FhirError):
    status, code = 404, "not-found"


class NotAllowed(FhirError):
    status, code = 405, "not-supported"


class NotAcceptable(FhirError):
    status, code = 406, "not-supported"


class Conflict(FhirError):
    status, code = 409, "conflict"


class Gone(FhirError):
    status, code = 410, "deleted"


class Precondition(FhirError):
    status, code = 412, "conflict"


class MultipleMatches(Precondition):
    code = "multiple-matches"


class TooLarge(FhirError):
    status, code = 413, "too-long"


class Unsupported(FhirError):
    status, code = 415, "not-supported"


class TooBusy(FhirError):
    status, code = 503, "transient"


class Unavailable(FhirError):
    status, code = 503, "transient"


def outcome(code: str, diagnostics: str, severity: str = "error", expression: str | None = None) -> Json:
    """An OperationOutcome with one issue (https://hl7.org/fhir/R4/operationoutcome.html)."""
    issue: Json = {"severity": severity, "code": code, "diagnostics": diagnostics, "details": {"text": code}}
    if expression:
        issue["expression"] = [expression]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def as_outcome(error: FhirError) -> Json:
    return outcome(error.code, error.diagnostics, expression=error.expression)
