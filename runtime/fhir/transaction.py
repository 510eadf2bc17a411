"""Transactions: all entries or none, in the order DELETE, POST, PUT and PATCH, GET.

https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from runtime.fhir import integrity, patch
from runtime.fhir.answers import etag
from runtime.fhir.bundles import Entry, bundle
from runtime.fhir.changes import Change, apply
from runtime.fhir.checks import same_id
from runtime.fhir.database import Conn
from runtime.fhir.dates import instant
from runtime.fhir.entries import BundleEntry, entries_of, read_entry
from runtime.fhir.errors import BadRequest, FhirError, Json, Precondition
from runtime.fhir.messages import FhirRequest, FhirResponse
from runtime.fhir.references import Target, collect, rewrite
from runtime.fhir.rows import Row, locked
from runtime.fhir.store import Store
from runtime.fhir.writes import (
    Plan,
    new_id,
    plan_delete,
    plan_patch,
    plan_update,
    the_match,
)

Read = Callable[[Conn, FhirRequest], FhirResponse]


@dataclass
class Attempt:
    """One try: who each entry turned out to be, and what is planned for it."""

    conn: Conn
    targets: dict[int, Target] = field(default_factory=dict)
    found: dict[int, Row] = field(default_factory=dict)
    """Entries whose If-None-Exist condition selected a resource that exists."""
    plans: dict[int, Plan] = field(default_factory=dict)


def transaction(store: Store, request: FhirRequest, body: Json, read: Read) -> FhirResponse:
    entries = [read_entry(number, raw) for number, raw in enumerate(entries_of(body))]
    ids = {entry.number: new_id() for entry in entries}
    conditional = _is_conditional(entries)

    def work(conn: Conn) -> list[Entry]:
        attempt = Attempt(conn)
        _resolve(attempt, entries, ids)
        resources = _rewritten(attempt, entries)
        _plan(attempt, store, entries, resources)
        rows = _apply(attempt, store)
        return [_answer(attempt, store, entry, rows, read) for entry in entries]

    return bundle("transaction-response", store.database.write(work, serializable=conditional))


def _is_conditional(entries: Sequence[BundleEntry]) -> bool:
    """Whether the outcome depends on what a search or read finds."""
    return any(
        e.condition
        or e.if_none_exist
        or e.method in ("GET", "HEAD")
        or (e.resource is not None and any("?" in text for text in collect(e.resource)))
        for e in entries
    )


def _resolve(attempt: Attempt, entries: Sequence[BundleEntry], ids: dict[int, str]) -> None:
    """Say which resource each writing entry is about."""
    conditions: dict[tuple[str, str], Target] = {}
    for entry in entries:
        if entry.method in ("GET", "HEAD"):
            continue
        condition = entry.condition or entry.if_none_exist
        with _about(entry):
            found = the_match(attempt.conn, entry.type, condition) if condition else None
        if found is not None and entry.method == "POST":
            attempt.found[entry.number] = found
        fallback = (entry.resource or {}).get("id") if entry.method == "PUT" else None
        target = Target(entry.type, entry.id or (found.id if found else fallback or ids[entry.number]))
        if entry.if_none_exist and found is None:
            # Two entries with one condition mean one resource.
            target = conditions.setdefault((entry.type, entry.if_none_exist), target)
        attempt.targets[entry.number] = target


def _rewritten(attempt: Attempt, entries: Sequence[BundleEntry]) -> dict[int, Json]:
    """The entries' resources with references to other entries, and conditional ones, made real."""
    names = {
        e.full_url: "/".join(attempt.targets[e.number])
        for e in entries
        if e.full_url and e.number in attempt.targets and e.method != "DELETE"
    }
    resources: dict[int, Json] = {}
    for entry in entries:
        if entry.resource is None:
            continue
        with _about(entry):
            for text in collect(entry.resource):
                if "?" in text and text not in names:
                    names[text] = _conditional_reference(attempt.conn, text)
        resources[entry.number] = rewrite(entry.resource, names)
    return resources


def _conditional_reference(conn: Conn, text: str) -> str:
    """`Practitioner?identifier=…` must select exactly one (https://hl7.org/fhir/R4/http.html#trules)."""
    resource_type, _, condition = text.partition("?")
    if "/" in resource_type or ":" in resource_type:
        return text
    found = the_match(conn, resource_type, condition)
    if found is None:
        raise Precondition(f"reference {text[:120]!r} selects no resource; it must select one.", "reference")
    return f"{resource_type}/{found.id}"


def _plan(attempt: Attempt, store: Store, entries: Sequence[BundleEntry], resources: dict[int, Json]) -> None:
    known = [t for n, t in attempt.targets.items() if entries[n].method != "POST"]
    if len(set(known)) < len(known):
        twice = next(t for t in known if known.count(t) > 1)
        raise BadRequest(f"{twice.type}/{twice.id} is changed by two entries.", "Bundle.entry")
    old = locked(attempt.conn, known)
    created: set[Target] = set()
    for entry in entries:
        if (target := attempt.targets.get(entry.number)) is None:
            continue
        with _about(entry):
            plan = _plan_entry(attempt, store, entry, target, old.get(target), resources)
        if entry.method == "POST" and target in created:
            plan = Plan(None)
        created.add(target)
        attempt.plans[entry.number] = plan


def _plan_entry(
    attempt: Attempt,
    store: Store,
    entry: BundleEntry,
    target: Target,
    old: Row | None,
    resources: dict[int, Json],
) -> Plan:
    match entry.method:
        case "DELETE":
            return plan_delete(old, target, entry.if_match)
        case "PATCH":
            return plan_patch(old, target, _patch_operations(entry), entry.if_match)
        case "PUT":
            resource = resources[entry.number]
            if entry.id or "id" in resource:
                same_id(resource, target.id)
            return plan_update(old, resource, target.id, entry.if_match, store.config)
    found = attempt.found.get(entry.number)
    return Plan(None, found) if found else Plan(Change(target.type, target.id, None, resources[entry.number]))


def _patch_operations(entry: BundleEntry) -> list[Json]:
    """A JSON Patch travels in a Binary (https://hl7.org/fhir/R4/http.html#patch)."""
    try:
        data = (entry.resource or {})["data"]
        return patch.parse(base64.b64decode(data, validate=True))
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(
            "A PATCH entry carries its JSON Patch as a Binary with base64 data.", "resource"
        ) from error


def _apply(attempt: Attempt, store: Store) -> dict[Target, Row]:
    changes = [plan.change for plan in attempt.plans.values() if plan.change is not None]
    if store.config.referential_integrity:
        integrity.check(attempt.conn, changes, store.base_url)
    rows = apply(attempt.conn, changes, store) if changes else []
    return {Target(row.type, row.id): row for row in rows}


def _answer(attempt: Attempt, store: Store, entry: BundleEntry, rows: dict[Target, Row], read: Read) -> Entry:
    if entry.method in ("GET", "HEAD"):
        with _about(entry):
            return _read_answer(attempt.conn, entry, read)
    target, plan = attempt.targets[entry.number], attempt.plans[entry.number]
    row = rows.get(target) or plan.unchanged
    if row is None or row.deleted:
        return Entry(response={"status": "204 No Content"})
    created = plan.change is not None and plan.change.creates
    return Entry(
        full_url=f"{store.base_url}/{row.type}/{row.id}",
        response={
            "status": "201 Created" if created else "200 OK",
            "etag": etag(row),
            "location": f"{store.base_url}/{row.type}/{row.id}/_history/{row.version}",
            "lastModified": instant(row.updated),
        },
    )


def _read_answer(conn: Conn, entry: BundleEntry, read: Read) -> Entry:
    path, _, query = entry.url.partition("?")
    headers = {"If-None-Match": entry.if_none_match} if entry.if_none_match else {}
    answer = read(conn, FhirRequest("GET", path, parse_qsl(query, keep_blank_values=True), headers))
    response: dict[str, Any] = {"status": str(answer.status)}
    if tag := answer.headers.get("ETag"):
        response["etag"] = tag
    return Entry(resource=answer.body or None, response=response)


class _about:
    """Say in an error which entry it is about."""

    def __init__(self, entry: BundleEntry) -> None:
        self._where = f"Bundle.entry[{entry.number}]"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, FhirError) and not error.diagnostics.startswith("Bundle.entry["):
            error.diagnostics = f"{self._where}: {error.diagnostics}"
            error.expression = self._where
