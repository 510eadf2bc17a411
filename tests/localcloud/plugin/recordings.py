"""A loopback server that answers from the official provider's recordings and keeps what it was asked."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.localcloud.plugin.answering import answering

_CHANGING = frozenset({"etag", "fingerprint", "labelFingerprint", "nextRotationTime"})
"""Values that say when, not what."""


@dataclass(frozen=True)
class Exchange:
    """One recorded request with its answer."""

    api: str
    verb: str
    path: str
    query: str
    body: str
    status: int
    response: Any

    @property
    def request(self) -> str:
        return " ".join(part for part in (self.api, self.verb, self.path, self.query, self.body) if part)

    @property
    def key(self) -> tuple[str, ...]:
        return self.api, self.verb, self.path, self.query

    @property
    def reads(self) -> bool:
        return self.verb == "GET" or self.path.endswith(":getIamPolicy")

    @property
    def scope(self) -> str:
        """The resource that a request is about."""
        return f"{self.api} {re.sub(r'(:[a-zA-Z]+|/iam)$', '', self.path)}"


def load(path: Path) -> list[Exchange]:
    return [exchange(**json.loads(line)) for line in path.read_text().splitlines()]


def exchange(
    api: str,
    verb: str,
    path: str,
    query: Any,
    request: Any,
    status: int = 200,
    response: Any = None,
    **_: Any,
) -> Exchange:
    body = "" if request is None else canonical(request)
    return Exchange(api, verb, path, canonical(query) if query else "", body, status, response)


def canonical(value: Any) -> str:
    """JSON that compares equal for equal meaning: Terraform's sets have no order."""
    text = json.dumps(_sorted(value), sort_keys=True)
    return re.sub(r"http://127\.0\.0\.1:\d+", "http://HOST", text)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "*" if k in _CHANGING and v else _sorted(v) for k, v in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


@dataclass
class Replay:
    """Finds the recorded answer that comes next for a resource."""

    exchanges: list[Exchange]
    asked: list[tuple[str, Exchange]] = field(default_factory=list)
    """Who asked (the resource under test), and what."""

    asking: str = ""
    cursor: int = -1
    used: set[int] = field(default_factory=set)
    written: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: -1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, who: str) -> None:
        self.asking = who
        self.cursor = -1

    def answer(self, asked: Exchange) -> tuple[int, Any]:
        with self.lock:
            self.asked.append((self.asking, asked))
            found = self._find(asked)
            if found is None:
                return (404, _error(404)) if asked.reads else (200, {})
            self.cursor = max(self.cursor, found)
            if not asked.reads:
                self.used.add(found)
                self.written[asked.scope] = found
            return self.exchanges[found].status, self.exchanges[found].response

    def _find(self, asked: Exchange) -> int | None:
        same = [n for n, e in enumerate(self.exchanges) if e.key == asked.key]
        if asked.reads:
            after = max(self.cursor, self.written[asked.scope])
            return next((n for n in same if n > after), same[-1] if same else None)
        fresh = [n for n in same if n not in self.used]
        equal = [n for n in fresh if self.exchanges[n].body == asked.body]
        return next(iter(equal or fresh or same), None)


def _error(status: int) -> Any:
    return {"error": {"code": status, "message": "not in the recording", "status": "NOT_FOUND"}}


class ReplayServer:
    """One listener an API, since recorded paths of different APIs overlap."""

    def __init__(self, endpoints: dict[str, str]) -> None:
        """`endpoints`: configuration key to its recorded value (`http://HOST/v1/`)."""
        self.replay = Replay([])
        self._stack = ExitStack()
        roots = {key: self._listen(key.removesuffix("CustomEndpoint")) for key in endpoints}
        self.endpoints = {key: value.replace("http://HOST", roots[key]) for key, value in endpoints.items()}

    def _listen(self, api: str) -> str:
        def answer(verb: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
            status, response = self.replay.answer(exchange(api, verb, path, query, body))
            return status, None if status == 204 else response

        return self._stack.enter_context(answering(answer))

    def close(self) -> None:
        self._stack.close()
