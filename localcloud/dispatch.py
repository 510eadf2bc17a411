"""One request to one API: who calls, may they, what is asked, who answers.

The order is Google's: authentication, the request's form, the project, perimeters, IAM, then the
resource itself.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from localcloud import audit, constraints, generic, iam, merge, operations, perimeter, projects, schema
from localcloud.api import ApiError, Call, Caller, Reply
from localcloud.cloud import Cloud
from localcloud.permissions import permission
from localcloud.registry import BEHAVIOURS
from localcloud.routing import Match, router

_CREATES = ("create", "insert", "createAsync", "clone")
_NO_PROJECT = ("cloudresourcemanager", "cloudbilling")


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came, header names in lower case."""

    api: str
    verb: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    raw: bytes
    base_url: str


def handle(cloud: Cloud, request: Request) -> Reply:
    """The reply; every error in Google's shape."""
    try:
        return _answered(cloud, request)
    except ApiError as error:
        headers = (
            {"www-authenticate": 'Bearer realm="https://accounts.google.com/"'} if error.code == 401 else {}
        )
        return Reply(error.body(), error.code, headers)
    except Exception:
        traceback.print_exc()
        return Reply(ApiError(500, "Internal error encountered; see localcloud's log.").body(), 500)


def _answered(cloud: Cloud, request: Request) -> Reply:
    match = router(request.api).match(request.verb, request.raw_path)
    caller = authenticate(cloud, request.headers)
    if match is None:
        raise ApiError(501, f"No method of {request.api} for {request.verb} {request.raw_path}.")
    call = build(cloud, request, match, caller)
    if cloud.faults.any:
        _injected(cloud, call)
    return _audited(cloud, match, call)


def _audited(cloud: Cloud, match: Match, call: Call) -> Reply:
    """Run the call and log its outcome where Google would."""
    try:
        schema.check(match.method, call.body)
        admit(cloud, call)
        reply = _reply(cloud, call, answer(cloud, call))
    except ApiError as error:
        audit.record(cloud, call, error.code)
        raise
    audit.record(cloud, call, reply.status)
    return reply


def authenticate(cloud: Cloud, headers: Mapping[str, str]) -> Caller:
    """Whom the bearer token stands for, or 401."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    caller = cloud.tokens.caller(token.strip()) if kind.lower() == "bearer" else None
    if caller is None:
        raise ApiError(
            401,
            "Request had invalid authentication credentials. "
            "Expected OAuth 2 access token, login cookie or other "
            "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
            reason="authError",
        )
    return caller


def build(cloud: Cloud, request: Request, match: Match, caller: Caller) -> Call:
    """The call that behaviours see: decoded, project numbers replaced by ids."""
    pairs = tuple(parse_qsl(request.raw_query, keep_blank_values=True))
    query = {merge.camel(key): value for key, value in pairs} | dict(pairs)
    store = cloud.store
    params = {
        key: projects.normalise(store, value) if "/" in value else value
        for key, value in match.params.items()
    }
    for key in ("projectsId", "project", "projectId"):
        if key in params:
            params[key] = projects.normal_id(store, params[key])
    return Call(
        request.api,
        match.method.version,
        match.method.id,
        request.verb,
        request.raw_path,
        projects.normalise(store, match.name),
        params,
        query,
        pairs,
        request.headers,
        _body(request, match),
        request.raw,
        caller,
        request.base_url,
    )


def _body(request: Request, match: Match) -> Any:
    """Decoded JSON; other bytes (uploads, FHIR, HL7v2 batches) are left to the behaviour."""
    if (
        not request.raw
        or request.verb == "GET"
        or match.method.request == "HttpBody"
        or "upload/" in request.raw_path[:20]
    ):
        return None
    kind = request.headers.get("content-type", "application/json").lower()
    if "json" not in kind and match.method.request is None:
        return None
    try:
        return orjson.loads(request.raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, f"Invalid JSON payload received. {error}.", reason="parseError") from None


def _injected(cloud: Cloud, call: Call) -> None:
    """Faults that hit a whole API or region."""
    if slow := cloud.faults.active("latency", call.api):
        time.sleep(slow["ms"] / 1000)
    broken = cloud.faults.active("api-error", call.api)
    if broken and call.method.startswith(broken.get("method", "")):
        code = broken.get("code", 503)
        raise ApiError(
            code, broken.get("message", f"Injected fault: {call.api} answers {code}."), reason="backendError"
        )
    for place in located(cloud, call):
        if cloud.faults.active("region-down", place):
            raise ApiError(503, f"The service is currently unavailable in {place}.", reason="backendError")


def located(cloud: Cloud, call: Call) -> list[str]:
    """Every location that answers this call: from the name, the request and the stored resource."""
    found = constraints.places(call)
    top = "/".join(call.name.split("/")[:4]) if call.api == "sqladmin" else "/".join(call.name.split("/")[:2])
    if call.api in ("sqladmin", "storage") and (stored := cloud.store.get(call.api, top)):
        found += [str(stored.get("region") or stored.get("location") or "").lower()]
    return found


def project_of(cloud: Cloud, call: Call) -> str | None:
    """The project that a call is about."""
    if call.method == "storage.buckets.insert" or call.method == "storage.buckets.list":
        return projects.normal_id(cloud.store, call.query.get("project", ""))
    kind, _, name = iam.container(cloud.store, call.api, call.name).partition("/")
    return name if kind == "projects" and name not in ("", "-") else None


def admit(cloud: Cloud, call: Call) -> None:
    """Refuse what the project, a perimeter, IAM or an organisation policy does not allow."""
    project = project_of(cloud, call)
    if project and call.api not in _NO_PROJECT:
        projects.require(cloud, project)
    perimeter.require(cloud, call, project)
    wanted = permission(call.method)
    if wanted and not call.caller.operator:
        name = (
            f"projects/{project}"
            if call.method.startswith("storage.buckets.") and "project" in call.query
            else call.name
        )
        cloud.iam.require(call.caller, wanted, call.api, name)
    if project and call.action in _CREATES:
        constraints.require_location(cloud, call, project)


def answer(cloud: Cloud, call: Call) -> Any:
    """What the behaviour says, or the generic one."""
    behaviour = BEHAVIOURS.get(call.method)
    return behaviour(cloud, call) if behaviour else generic.run(cloud, call)


def _reply(cloud: Cloud, call: Call, body: Any) -> Reply:
    if isinstance(body, Reply):
        return body
    if call.verb != "GET" and operations.is_operation(body):
        operations.remember(cloud, call.api, body)
    return Reply({} if body is None else body)
