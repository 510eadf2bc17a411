"""Errors as FHIR OperationOutcome (https://hl7.org/fhir/R4/operationoutcome.html): here and nowhere else."""

from __future__ import annotations

import json
import logging
from typing import Any

from starlette.responses import JSONResponse, Response

from runtime.errors import OAuthRefusal, Refusal

FHIR_JSON = "application/fhir+json"
log = logging.getLogger("careplane.runtime")


def operation_outcome(issue: str, text: str, severity: str = "error") -> dict[str, Any]:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": issue, "diagnostics": text}],
    }


def outcome_response(status: int, issue: str, text: str, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps(operation_outcome(issue, text)).encode()
    return Response(body, status, headers, media_type=FHIR_JSON)


def answer(error: Exception) -> Response:
    """The response for any exception; the unexpected is logged by type only, as its text may hold data."""
    if isinstance(error, Refusal):
        return outcome_response(error.status, error.issue, error.text, error.headers)
    if isinstance(error, OAuthRefusal):
        body = {"error": error.error, "error_description": error.description}
        return JSONResponse(body, error.status, {"Cache-Control": "no-store", **error.headers})
    log.error("unexpected %s", type(error).__name__, extra={"place": _place(error)})
    return outcome_response(
        500, "exception", "An unexpected error happened; it is logged under the request id."
    )


def _place(error: BaseException) -> str:
    """File and line where it was raised: enough to find it, nothing of the request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
