"""The control API: what the command line and drills ask of the local cloud itself, as the operator.

`GET /healthz` (open), `GET /status`, `GET /resources`, `POST /reset`, `POST /shutdown`,
`GET|POST|DELETE /faults`, `POST /projects`, `POST /tokens`, `POST /images`.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson

from localcloud import dispatch, faults, projects
from localcloud.api import ApiError, Caller, Json, Reply
from localcloud.cloud import Cloud
from localcloud.ports import APIS

Route = Callable[["Control", Cloud, Json], Any]


class Control:
    """Callable like the API dispatcher: `(cloud, request) -> Reply`, on the thread pool."""

    def __init__(self, reset: Callable[[], None]) -> None:
        self.reset = reset
        self.ready = False
        self.started = time.time()

    def __call__(self, cloud: Cloud, request: dispatch.Request) -> Reply:
        try:
            return self._answered(cloud, request)
        except ApiError as error:
            return Reply(error.body(), error.code)

    def _answered(self, cloud: Cloud, request: dispatch.Request) -> Reply:
        if request.raw_path == "/healthz":
            return Reply({"ready": self.ready}, 200 if self.ready else 503)
        if not dispatch.authenticate(cloud, request.headers).operator:
            raise ApiError(403, "Only the operator may use the control API.")
        route = _ROUTES.get((request.verb, request.raw_path))
        if route is None:
            known = ", ".join(sorted(f"{verb} {path}" for verb, path in _ROUTES))
            raise ApiError(404, f"No {request.verb} {request.raw_path}; the control API has {known}.")
        return Reply(route(self, cloud, {**dict(parse_qsl(request.raw_query)), **_json(request.raw)}) or {})


def _json(raw: bytes) -> Json:
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise ApiError(400, f"Invalid JSON payload received. {error}.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "Invalid JSON payload received. Expected an object.")
    return body


def _text(body: Json, key: str, allowed: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise ApiError(400, f"{key}: {value!r} is not allowed; allowed: {allowed}")
    return value


def _status(control: Control, cloud: Cloud, body: Json) -> Json:
    return {
        "pid": os.getpid(),
        "uptime_seconds": round(time.time() - control.started, 1),
        "memory_mib": memory_mib(),
        "resources": {api: len(cloud.store.names(api)) for api in cloud.store.apis()},
        "faults": cloud.faults.all(),  # type: ignore[attr-defined]
        "apis": {api.name: cloud.settings.url(api.name) for api in APIS},
    }


def memory_mib() -> float:
    """Resident memory now, or its peak where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return round(int(file.read().split()[1]) * resource.getpagesize() / 2**20, 1)
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return round(peak / (2**20 if sys.platform == "darwin" else 1024), 1)


def _resources(control: Control, cloud: Cloud, body: Json) -> Json:
    return {api: cloud.store.names(api) for api in cloud.store.apis()}


def _reset(control: Control, cloud: Cloud, body: Json) -> None:
    control.reset()


def _shutdown(control: Control, cloud: Cloud, body: Json) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _faults(control: Control, cloud: Cloud, body: Json) -> Json:
    return {"faults": cloud.faults.all()}  # type: ignore[attr-defined]


def _begin_fault(control: Control, cloud: Cloud, body: Json) -> Json:
    kind = _text(body, "kind", ", ".join(faults.KINDS))
    target = _text(body, "target", "what the fault is to hit")
    parameters = {key: value for key, value in body.items() if key not in ("kind", "target")}
    cloud.faults.begin(kind, target, parameters)  # type: ignore[attr-defined]
    faults.tell_owners(cloud, kind, target, parameters)
    return {"kind": kind, "target": target, **parameters}


def _end_faults(control: Control, cloud: Cloud, body: Json) -> Json:
    """Those of the given kind and target; all when neither is given."""
    ended = []
    for fault in cloud.faults.all():  # type: ignore[attr-defined]
        if body.get("kind") in (None, fault["kind"]) and body.get("target") in (None, fault["target"]):
            cloud.faults.end(fault["kind"], fault["target"])  # type: ignore[attr-defined]
            faults.tell_owners(cloud, fault["kind"], fault["target"], None)
            ended.append(fault)
    return {"ended": ended}


def _project(control: Control, cloud: Cloud, body: Json) -> Json:
    """Seed a project that exists before any program runs; the same one again changes nothing."""
    project = _text(body, "projectId", "a project id")
    number = body.get("projectNumber")
    if number is not None and not str(number).isdigit():
        raise ApiError(400, f"projectNumber: {number!r} is not allowed; allowed: digits")
    known = cloud.store.get(projects.API, f"projects/{project}")
    if known and number in (None, known["projectNumber"]):
        return known
    parent = body.get("parent", projects.ORGANIZATION)
    return projects.create(cloud, project, parent=parent, number=str(number) if number else None)


def _token(control: Control, cloud: Cloud, body: Json) -> Json:
    member = _text(body, "member", "an IAM member such as serviceAccount:…")
    if ":" not in member:
        raise ApiError(
            400, f"member: {member!r} is not allowed; allowed: an IAM member such as serviceAccount:…"
        )
    caller = Caller(member, body.get("project"), operator=body.get("operator") is True)
    return {"token": cloud.tokens.mint(caller, int(body.get("seconds", 3600)))}


def _image(control: Control, cloud: Cloud, body: Json) -> Json:
    """Say which command a container image stands for, as there is no container engine."""
    image = _text(body, "image", "a full image name")
    command = body.get("command")
    if not isinstance(command, list) or not command or not all(isinstance(part, str) for part in command):
        raise ApiError(400, f"command: {command!r} is not allowed; allowed: a list of strings")
    known = orjson.loads(cloud.store.private("run", "images") or b"{}")
    cloud.store.set_private("run", "images", orjson.dumps(known | {image: command}))
    return {"image": image, "command": command}


_ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/status"): _status,
    ("GET", "/resources"): _resources,
    ("POST", "/reset"): _reset,
    ("POST", "/shutdown"): _shutdown,
    ("GET", "/faults"): _faults,
    ("POST", "/faults"): _begin_fault,
    ("DELETE", "/faults"): _end_faults,
    ("POST", "/projects"): _project,
    ("POST", "/tokens"): _token,
    ("POST", "/images"): _image,
}
