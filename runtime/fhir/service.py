"""The store as its callers see it: one request in, one answer out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlencode

from runtime.fhir import reads, writes
from runtime.fhir.answers import preference, with_error, with_json
from runtime.fhir.batch import batch
from runtime.fhir.capabilities import statement
from runtime.fhir.checks import known_type, resource_of_type
from runtime.fhir.config import MAX_BUNDLE_BYTES, StoreConfig
from runtime.fhir.database import Conn, Database
from runtime.fhir.errors import (
    BadRequest,
    BadResource,
    FhirError,
    NotAcceptable,
    NotAllowed,
    NotFound,
    TooLarge,
    Unsupported,
)
from runtime.fhir.everything import everything
from runtime.fhir.jsontext import TOO_DEEP, loads
from runtime.fhir.messages import FhirRequest, FhirResponse
from runtime.fhir.outbox import Publish, drain
from runtime.fhir.search.query import parse
from runtime.fhir.search.run import search
from runtime.fhir.store import Store, utc_now
from runtime.fhir.transaction import transaction

_JSON = re.compile(r"(application/(fhir\+)?json|text/json)\s*(;.*)?", re.IGNORECASE)
_PATCH = re.compile(r"application/json-patch\+json\s*(;.*)?", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"
_READABLE = ("json", "*/*", "application/*")


class FhirService:
    """One FHIR store. `handle` may be called from many threads.

    `on_change` is called after each write that committed, so that the outbox can be drained soon;
    `max_size` is the most connections held, `timeout` the seconds that a request waits for one, `password`
    gives what each new connection logs in with.
    """

    def __init__(
        self,
        dsn: str,
        base_url: str,
        config: StoreConfig | None = None,
        on_change: Callable[[], None] | None = None,
        now: Callable[[], datetime] | None = None,
        max_size: int = 8,
        timeout: float = 15,
        password: Callable[[], str] | None = None,
    ) -> None:
        self._database = Database(dsn, max_size, timeout, password)
        self._store = Store(self._database, base_url.rstrip("/"), config or StoreConfig(), now or utc_now)
        self._on_change = on_change

    def open(self) -> Self:
        """Connect, refuse a superuser role, and make or update the tables."""
        self._database.open()
        return self

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def drain(self, publish: Publish) -> int:
        """Publish what the outbox holds; gives the number of changes handed over."""
        return drain(self._database, publish)

    def handle(self, request: FhirRequest) -> FhirResponse:
        """The answer to a request; every refusal is an OperationOutcome."""
        try:
            _acceptable(request)
            return self._route(request)
        except FhirError as error:
            return with_error(error)
        except RecursionError:
            return with_error(BadResource(TOO_DEEP))

    def _route(self, request: FhirRequest) -> FhirResponse:
        if request.method in ("GET", "HEAD"):
            answer = self._database.read(lambda conn: self._read(conn, request))
            return FhirResponse(answer.status, answer.headers) if request.method == "HEAD" else answer
        parts = _parts(request.path)
        if request.method == "POST" and parts[-1:] == ["_search"] and len(parts) == 2:
            return self._database.read(
                lambda conn: self._search(conn, _from_form(request), known_type(parts[0]))
            )
        answer = self._write(request, parts)
        if self._on_change is not None and answer.status < 300:
            self._on_change()
        return answer

    def _read(self, conn: Conn, request: FhirRequest) -> FhirResponse:
        match _parts(request.path):
            case ["metadata"]:
                return with_json(statement(self._store))
            case [name]:
                return self._search(conn, request, known_type(name))
            case ["Patient", patient_id, "$everything"]:
                return everything(self._store, conn, request, patient_id)
            case [name, resource_id]:
                return reads.read(conn, request, known_type(name), resource_id)
            case [name, resource_id, "_history"]:
                return reads.history(self._store, conn, request, known_type(name), resource_id)
            case [name, resource_id, "_history", version]:
                return reads.vread(conn, known_type(name), resource_id, version)
        raise NotFound(f"GET {request.path[:120]!r} is not an interaction that is served.")

    def _search(self, conn: Conn, request: FhirRequest, name: str) -> FhirResponse:
        handling = preference(request, "handling")
        strict = (
            handling == "strict" if handling in ("strict", "lenient") else self._store.config.strict_search
        )
        own = self._store.base_url + "/"
        pairs = [(code, value.removeprefix(own)) for code, value in request.query]
        return search(self._store, conn, parse(name, pairs, strict, self._store.config.counts))

    def _write(self, request: FhirRequest, parts: list[str]) -> FhirResponse:
        _content_type(request, _PATCH if request.method == "PATCH" else _JSON)
        condition = urlencode([pair for pair in request.query if pair[0] not in ("_format", "_pretty")])
        match [request.method, *parts]:
            case ["POST"]:
                return self._bundle(request)
            case ["POST", name]:
                return writes.create(self._store, request, known_type(name))
            case ["PUT", name, resource_id]:
                return writes.update(self._store, request, known_type(name), resource_id)
            case ["PATCH", name, resource_id]:
                return writes.change_by_patch(self._store, request, known_type(name), resource_id)
            case ["DELETE", name, resource_id]:
                return writes.delete(self._store, request, known_type(name), resource_id)
            case ["PUT", name] if condition:
                return writes.conditional_update(self._store, request, known_type(name), condition)
            case ["DELETE", name] if condition:
                return writes.conditional_delete(self._store, request, known_type(name), condition)
        raise NotAllowed(f"{request.method} {request.path[:120]!r} is not an interaction that is served.")

    def _bundle(self, request: FhirRequest) -> FhirResponse:
        if len(request.body) > MAX_BUNDLE_BYTES:
            raise TooLarge(f"The bundle has {len(request.body)} bytes; allowed: up to {MAX_BUNDLE_BYTES}.")
        body = resource_of_type(loads(request.body), "Bundle")
        match body.get("type"):
            case "transaction":
                return transaction(self._store, request, body, self._read)
            case "batch":
                return batch(body, self.handle)
        given = str(body.get("type"))[:40]
        raise BadRequest(
            f"Bundle.type {given!r} is not allowed here; allowed: transaction, batch.", "Bundle.type"
        )


def _parts(path: str) -> list[str]:
    return [unquote(part) for part in path.strip("/").split("/") if part]


def _from_form(request: FhirRequest) -> FhirRequest:
    given = (request.header("Content-Type") or _FORM).partition(";")[0].strip().lower()
    if given != _FORM:
        raise Unsupported(
            f"Content-Type {given[:60]!r} is not served for _search; allowed: {_FORM}.", "Content-Type"
        )
    form = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return FhirRequest("GET", request.path, [*request.query, *form], request.headers)


def _content_type(request: FhirRequest, allowed: re.Pattern[str]) -> None:
    given = request.header("Content-Type")
    if request.body and given and not allowed.fullmatch(given.strip()):
        raise Unsupported(
            f"Content-Type {given[:60]!r} is not served; this store speaks JSON (application/fhir+json).",
            "Content-Type",
        )


def _acceptable(request: FhirRequest) -> None:
    accept = request.header("Accept")
    if accept and not any(kind in accept.lower() for kind in _READABLE):
        raise NotAcceptable(
            f"Accept {accept[:60]!r} is not served; allowed: application/fhir+json.", "Accept"
        )
