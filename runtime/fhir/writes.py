"""create, update, patch and delete of one resource, their conditional forms included.

Each plan_* decides what is to change while the resource's row is locked; `run` carries the plan out.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from runtime.fhir import integrity, patch
from runtime.fhir.answers import etag, with_row, written
from runtime.fhir.changes import Change, apply
from runtime.fhir.checks import resource_of_type, same_id, valid_id
from runtime.fhir.config import StoreConfig
from runtime.fhir.database import Conn
from runtime.fhir.errors import (
    BadRequest,
    Conflict,
    Gone,
    Json,
    MultipleMatches,
    NotAllowed,
    NotFound,
    Precondition,
)
from runtime.fhir.jsontext import loads
from runtime.fhir.messages import FhirRequest, FhirResponse
from runtime.fhir.references import Target
from runtime.fhir.rows import Row, locked
from runtime.fhir.search.run import matches
from runtime.fhir.store import Store


@dataclass(frozen=True)
class Plan:
    """A change to make, or the row that answers because nothing needs to change."""

    change: Change | None
    unchanged: Row | None = None


Planner = Callable[[Conn], Plan]


def new_id() -> str:
    return str(uuid.uuid4())


def run(store: Store, request: FhirRequest, planner: Planner, conditional: bool = False) -> FhirResponse:
    """Plan and apply in one transaction, then answer."""

    def work(conn: Conn) -> tuple[Plan, Row | None]:
        plan = planner(conn)
        if plan.change is None:
            return plan, plan.unchanged
        if store.config.referential_integrity:
            integrity.check(conn, [plan.change], store.base_url)
        return plan, apply(conn, [plan.change], store)[0]

    plan, row = store.database.write(work, serializable=conditional)
    if row is None or row.deleted:
        return FhirResponse(204, {"ETag": etag(row)} if row else {})
    if plan.change is None:
        return with_row(row)
    return written(store, request, row, 201 if plan.change.creates else 200)


def create(store: Store, request: FhirRequest, resource_type: str) -> FhirResponse:
    resource = resource_of_type(loads(request.body), resource_type)
    resource_id, condition = new_id(), request.header("If-None-Exist")
    return run(
        store,
        request,
        lambda conn: plan_create(conn, resource, resource_id, condition),
        condition is not None,
    )


def plan_create(conn: Conn, resource: Json, resource_id: str, condition: str | None) -> Plan:
    """A new resource, unless one already fulfils the condition (https://hl7.org/fhir/R4/http.html#ccreate)."""
    if condition is not None and (found := the_match(conn, resource["resourceType"], condition)):
        return Plan(None, found)
    return Plan(Change(resource["resourceType"], resource_id, None, resource))


def the_match(conn: Conn, resource_type: str, condition: str) -> Row | None:
    """The one resource a condition selects; several are refused."""
    found = matches(conn, resource_type, condition.removeprefix("?"))
    if len(found) > 1:
        raise MultipleMatches(
            f"Several {resource_type} resources match {condition[:120]!r}; it must select one."
        )
    return found[0] if found else None


def update(store: Store, request: FhirRequest, resource_type: str, resource_id: str) -> FhirResponse:
    resource = resource_of_type(loads(request.body), resource_type)
    same_id(resource, valid_id(resource_id))
    target = Target(resource_type, resource_id)
    return run(
        store,
        request,
        lambda conn: plan_update(
            locked(conn, [target]).get(target),
            resource,
            resource_id,
            request.header("If-Match"),
            store.config,
        ),
    )


def plan_update(
    old: Row | None, resource: Json, resource_id: str, if_match: str | None, config: StoreConfig
) -> Plan:
    name = f"{resource['resourceType']}/{resource_id}"
    require_match(old, if_match, name)
    if old is None and not config.update_create:
        raise NotAllowed(f"{name} does not exist, and this store does not create on update; use POST.")
    return Plan(Change(resource["resourceType"], resource_id, old, resource))


def require_match(old: Row | None, if_match: str | None, name: str) -> None:
    """The version the caller has seen must be the current one (https://hl7.org/fhir/R4/http.html#concurrency)."""
    if not if_match:
        return
    wanted = re.fullmatch(r"\s*(?:W/)?\"?([^\"]*)\"?\s*", if_match)
    given = wanted[1] if wanted else if_match
    if old is None or old.deleted or (given != "*" and given != str(old.version)):
        there = f"version {old.version}" if old else "nothing"
        raise Precondition(
            f"If-Match asks for version {given[:40]!r} of {name}, but there is {there}.", "If-Match"
        )


def conditional_update(
    store: Store, request: FhirRequest, resource_type: str, condition: str
) -> FhirResponse:
    """PUT with a search (https://hl7.org/fhir/R4/http.html#cond-update)."""
    resource = resource_of_type(loads(request.body), resource_type)
    resource_id = resource.get("id") or new_id()
    return run(
        store,
        request,
        lambda conn: plan_conditional_update(
            conn, resource, resource_id, condition, request.header("If-Match"), store.config
        ),
        conditional=True,
    )


def plan_conditional_update(
    conn: Conn,
    resource: Json,
    resource_id: str,
    condition: str,
    if_match: str | None,
    config: StoreConfig,
) -> Plan:
    found = the_match(conn, resource["resourceType"], condition)
    if found is not None and resource.get("id", found.id) != found.id:
        raise BadRequest(
            f"The resource's id is {resource['id']!r} but the condition selects {found.id!r}.", "id"
        )
    target = Target(resource["resourceType"], found.id if found else resource_id)
    old = locked(conn, [target]).get(target)
    if found is None and old is not None and not old.deleted:
        raise Conflict(f"Nothing matches {condition[:120]!r}, but {target.type}/{target.id} exists already.")
    return plan_update(old, resource, target.id, if_match, config)


def change_by_patch(store: Store, request: FhirRequest, resource_type: str, resource_id: str) -> FhirResponse:
    operations = patch.parse(request.body)
    target = Target(resource_type, valid_id(resource_id))
    return run(
        store,
        request,
        lambda conn: plan_patch(
            locked(conn, [target]).get(target), target, operations, request.header("If-Match")
        ),
    )


def plan_patch(old: Row | None, target: Target, operations: list[Json], if_match: str | None) -> Plan:
    require_match(old, if_match, f"{target.type}/{target.id}")
    if old is None:
        raise NotFound(f"{target.type}/{target.id} does not exist.")
    if old.body is None:
        raise Gone(f"{target.type}/{target.id} was deleted.")
    resource = resource_of_type(patch.patched(loads(old.body), operations), target.type)
    same_id(resource, target.id)
    return Plan(Change(target.type, target.id, old, resource))


def delete(store: Store, request: FhirRequest, resource_type: str, resource_id: str) -> FhirResponse:
    target = Target(resource_type, valid_id(resource_id))
    return run(
        store,
        request,
        lambda conn: plan_delete(locked(conn, [target]).get(target), target, request.header("If-Match")),
    )


def plan_delete(old: Row | None, target: Target, if_match: str | None) -> Plan:
    """Deleting what is not there succeeds (https://hl7.org/fhir/R4/http.html#delete)."""
    require_match(old, if_match, f"{target.type}/{target.id}")
    if old is None or old.deleted:
        return Plan(None)
    return Plan(Change(target.type, target.id, old, None))


def conditional_delete(
    store: Store, request: FhirRequest, resource_type: str, condition: str
) -> FhirResponse:
    return run(
        store, request, lambda conn: plan_conditional_delete(conn, resource_type, condition), conditional=True
    )


def plan_conditional_delete(conn: Conn, resource_type: str, condition: str) -> Plan:
    found = the_match(conn, resource_type, condition)
    if found is None:
        return Plan(None)
    target = Target(resource_type, found.id)
    return plan_delete(locked(conn, [target]).get(target), target, None)
