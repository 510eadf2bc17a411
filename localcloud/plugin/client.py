"""HTTP to localcloud: tokens, retries, operations, and errors in Google's words."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from localcloud.plugin.config import Config
from localcloud.plugin.kinds import Json

Query = Mapping[str, str | list[str]]
"""Parameters of a request; a list is a parameter that is repeated."""

RETRIED = frozenset({429, 502, 503})
PATIENCE_S = 60.0
"""How long an API that is busy is asked again."""

RESTART_S = 10.0
"""How long a server that does not listen is waited for: one that is started again does within this."""

_BUSY = re.compile(r"operationInProgress|resourceNotReady|another operation was already in progress")
OPERATION_PATIENCE_S = 1200.0


class GoogleError(Exception):
    """An answer of 400 or more; `message` is Google's own."""

    def __init__(self, status: int, message: str, request: str, reason: str = "") -> None:
        super().__init__(
            f"{request}: {status} {reason}: {message}" if reason else f"{request}: {status}: {message}"
        )
        self.status = status
        self.message = message
        self.reason = reason

    @property
    def passing(self) -> bool:
        """Whether asking again may help."""
        return self.status in RETRIED or bool(_BUSY.search(f"{self.reason} {self.message}"))


class Unreachable(ConnectionError):
    """Nothing listens at an endpoint."""

    def __init__(self, url: str) -> None:
        super().__init__(f"nothing listens at {url}: is localcloud up? (python -m localcloud up)")
        self.url = url


class Cancelled(Exception):
    """The engine asked to stop."""


@dataclass
class Client:
    """Requests to the endpoints of one configuration."""

    config: Config
    sleep: Callable[[float], Any] = time.sleep
    cancelled: threading.Event = field(default_factory=threading.Event)
    locks: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def url(self, api: str, path: str) -> str:
        """Absolute address of a path relative to the endpoint, or to its host with a leading slash."""
        base = self.config.endpoint(api)
        if path.startswith("/"):
            parts = urlsplit(base)
            return f"{parts.scheme}://{parts.netloc}{path}"
        return base + path

    def call(self, api: str, verb: str, path: str, body: Any = None, query: Query | None = None) -> Json:
        """One exchange; waits out 429 and 503, and raises GoogleError for any other refusal."""
        url = self.url(api, path)
        started, pause = time.monotonic(), 0.1
        while True:
            try:
                return self._exchange(verb, url, body, query or {})
            except ConnectionRefusedError as error:
                if time.monotonic() + pause > started + RESTART_S:
                    raise Unreachable(url) from error
            except GoogleError as error:
                if not error.passing or time.monotonic() + pause > started + PATIENCE_S:
                    raise
            self._pause(pause)
            pause = min(pause * 2, 5.0)

    def wait(self, api: str, answer: Json, poll: Callable[[str], str]) -> Json:
        """The answer once its operation is done; most are answered done and need no poll."""
        deadline, pause = time.monotonic() + OPERATION_PATIENCE_S, 0.05
        while not _is_done(answer):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"operation {answer.get('name')} is not done after {OPERATION_PATIENCE_S:.0f} s"
                )
            self._pause(pause)
            pause = min(pause * 2, 2.0)
            answer = self.call(api, "GET", poll(str(answer["name"])))
        _raise_operation_error(answer)
        return answer

    def _pause(self, seconds: float) -> None:
        if self.cancelled.is_set():
            raise Cancelled("the operation was cancelled")
        self.sleep(seconds)

    def _exchange(self, verb: str, url: str, body: Any, query: Query) -> Json:
        parts = urlsplit(url)
        target = quote(parts.path, safe="/:@!$&'()*+,;=%~.-_") + (
            f"?{urlencode(query, doseq=True)}" if query else ""
        )
        headers = {"Authorization": f"Bearer {self.config.token}", "Accept": "application/json"}
        payload = None if body is None else json.dumps(body).encode()
        if payload is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=OPERATION_PATIENCE_S
        )
        try:
            connection.request(verb, target, payload, headers)
            response = connection.getresponse()
            return _answer(response.status, response.read(), f"{verb} {parts.path}")
        finally:
            connection.close()


def _answer(status: int, content: bytes, request: str) -> Json:
    try:
        data = json.loads(content) if content.strip() else {}
    except ValueError:
        data = {"error": {"message": content.decode(errors="replace")[:500]}}
    if status < 400:
        return data if isinstance(data, dict) else {"items": data}
    error = data.get("error") if isinstance(data, dict) else None
    error = error if isinstance(error, dict) else {"message": str(error or data)}
    details = error.get("errors") or [{}]
    reason = error.get("status") or (details[0].get("reason") if isinstance(details[0], dict) else "")
    raise GoogleError(status, str(error.get("message", "")), request, str(reason or ""))


def is_operation(answer: Json) -> bool:
    """Whether an answer is an operation rather than the resource itself."""
    kind = str(answer.get("kind", ""))
    return kind.endswith("#operation") or bool(
        re.search(r"(^|/)operations/[^/]+$", str(answer.get("name", "")))
    )


def _is_done(answer: Json) -> bool:
    if not is_operation(answer):
        return True
    return answer.get("status") == "DONE" if "status" in answer else bool(answer.get("done"))


def _raise_operation_error(answer: Json) -> None:
    error = answer.get("error") if is_operation(answer) else None
    if not error:
        return
    if "errors" in error:  # Compute Engine and Cloud SQL
        message = "; ".join(str(e.get("message") or e.get("code")) for e in error["errors"])
        raise GoogleError(int(answer.get("httpErrorStatusCode", 400)), message, str(answer.get("name")))
    raise GoogleError(
        400, str(error.get("message", error)), str(answer.get("name")), str(error.get("code", ""))
    )
