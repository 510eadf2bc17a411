"""A request under `…/fhirStores/S/fhir`: allowed, key usable, then the store answers.

Every refusal here is an OperationOutcome, as FHIR clients expect.
"""

from __future__ import annotations

from urllib.parse import unquote

from localcloud.api import ApiError, Call, Reply
from localcloud.cloud import Cloud
from localcloud.healthcare import keys, permissions, stores
from localcloud.healthcare.names import API, load
from localcloud.postgres.shared import fhir_server
from localcloud.projects import project_id
from runtime.fhir.errors import outcome
from runtime.fhir.jsontext import dumps
from runtime.fhir.messages import CONTENT_TYPE, FhirRequest

_CODES = {
    400: "failed-precondition",
    401: "login",
    403: "forbidden",
    404: "not-found",
    429: "throttled",
    503: "transient",
}
_HEADERS = ("if-none-exist",)


def split(cloud: Cloud, path: str) -> tuple[str, str]:
    """The store's name and what follows `/fhir/`, of a request's path."""
    before, _, rest = path.partition("/fhir/") if "/fhir/" in path else (path.removesuffix("/fhir"), "", "")
    name = unquote(before[before.index("projects/") :])
    parts = name.split("/")
    return "/".join(["projects", project_id(cloud, parts[1]), *parts[2:]]), rest


def handle(cloud: Cloud, call: Call) -> Reply:
    """Answer a FHIR request of any kind."""
    store, path = split(cloud, call.path)
    try:
        _allow(cloud, call, store, path)
        body = load(cloud, store)
        keys.require(cloud, store)
        service = stores.service(cloud, store, body)
    except ApiError as error:
        return refused(error)
    answer = service.handle(FhirRequest(call.verb, path, call.query_list, call.headers, call.raw))
    if answer.status == 503:
        fhir_server(cloud)  # starts it again if it died; the caller's next try finds it
    return Reply(answer.body, answer.status, answer.headers)


def _allow(cloud: Cloud, call: Call, store: str, path: str) -> None:
    if call.caller.operator:
        return
    conditional = any(name.lower() in _HEADERS for name in call.headers)
    wanted = permissions.needed(call.verb, path, bool(call.query_list), conditional)
    if permissions.BUNDLE in wanted:
        wanted |= permissions.of_bundle(call.raw)
    for permission in sorted(wanted):
        cloud.iam.require(call.caller, permission, API, store)


def refused(error: ApiError) -> Reply:
    body = outcome(_CODES.get(error.code, "exception"), error.message)
    return Reply(dumps(body), error.code, {"Content-Type": CONTENT_TYPE})
