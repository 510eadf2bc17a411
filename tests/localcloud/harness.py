"""A cloud without a server: the real state, tokens and IAM, and behaviours called as functions.

    cloud = make_cloud(tmp_path)
    call(cloud, "cloudkms.projects.locations.keyRings.create", "projects/cell-p/locations/l/keyRings", {},
         query={"keyRingId": "ring"})

`call` runs one behaviour alone; `request` goes through everything that an HTTP request does.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from localcloud import dispatch, projects, server
from localcloud.api import Call, Caller, Reply
from localcloud.cloud import AsgiApp, Cloud
from localcloud.discovery import methods_by_id
from localcloud.faults import FaultyClock, StoredFaults
from localcloud.iam import StoredIam
from localcloud.routing import Match, template_segments
from localcloud.settings import LocalSettings
from localcloud.store import Store
from localcloud.tokens import OPERATOR, StoredTokens

PROJECT = "careplane-cell"
NUMBER = "123456789012"


@dataclass
class FakeListeners:
    """Hands out port numbers and keeps the apps; `spawn` runs coroutines on a loop in a daemon thread."""

    apps: dict[str, AsgiApp] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None

    def open(self, app: AsgiApp, key: str) -> int:
        self.apps[key] = app
        return self.ports.setdefault(key, 50000 + len(self.ports))

    def close(self, key: str) -> None:
        self.apps.pop(key, None)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, daemon=True).start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)


def make_cloud(home: Path, *, settings: LocalSettings | None = None) -> Cloud:
    """A cloud in `home` with the project `careplane-cell` (number 123456789012)."""
    server.load_services()
    home.mkdir(parents=True, exist_ok=True)
    settings = settings or LocalSettings(Path(__file__).resolve().parents[2], home)
    store = Store(home / "state.sqlite3")
    faults = StoredFaults(store)
    clock = FaultyClock(faults)
    tokens = StoredTokens(store, clock, "operator-token")
    cloud = Cloud(settings, store, clock, tokens, StoredIam(store, clock), FakeListeners(), faults)
    projects.create(cloud, PROJECT, number=NUMBER)
    return cloud


def make_call(
    method: str,
    name: str,
    body: Any = None,
    params: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    caller: Caller = OPERATOR,
    *,
    raw: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Call:
    """A call as the server would build it; path parameters are taken from the name unless given."""
    known = methods_by_id().get(method)
    api = known.api if known else {"sql": "sqladmin"}.get(method.split(".")[0], method.split(".")[0])
    found: dict[str, str] = {}
    version, verb = "v1", "POST"
    if known:
        segments, _ = template_segments(known)
        tail = segments[known.name_end :]
        found = Match(known, (*segments[: known.name_start], *name.split("/"), *tail)).params
        version, verb = known.version, known.verb
    raw = raw if raw is not None else b"" if body is None else orjson.dumps(body)
    query = dict(query or {})
    return Call(
        api,
        version,
        method,
        verb,
        f"/{name}",
        name,
        {**found, **(params or {})},
        query,
        tuple(query.items()),
        dict(headers or {}),
        body,
        raw,
        caller,
        "http://127.0.0.1:1",
    )


def call(
    cloud: Cloud,
    method: str,
    name: str,
    body: Any = None,
    params: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    caller: Caller = OPERATOR,
    **more: Any,
) -> Any:
    """Run the behaviour of a method, or the generic one, without authentication or IAM. Raises ApiError."""
    return dispatch.answer(cloud, make_call(method, name, body, params, query, caller, **more))


def request(
    cloud: Cloud,
    api: str,
    verb: str,
    path: str,
    body: Any = None,
    caller: Caller = OPERATOR,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request with routing, authentication, IAM, perimeters and policies, as over HTTP."""
    path, _, inline = path.partition("?")
    raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    sent = {
        "authorization": f"Bearer {cloud.tokens.mint(caller)}",
        "content-type": "application/json",
        **(headers or {}),
    }
    return dispatch.handle(
        cloud,
        dispatch.Request(
            api,
            verb,
            path,
            "&".join(part for part in (inline, urlencode(query or {})) if part),
            sent,
            raw,
            "http://127.0.0.1:1",
        ),
    )
