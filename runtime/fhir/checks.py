"""What is asked of a resource before it is accepted, and of the names in a request."""

from __future__ import annotations

from typing import Any

from runtime.fhir.definitions.table import resource_types
from runtime.fhir.errors import BadRequest, BadResource, Json, NotFound
from runtime.fhir.references import ID


def known_type(name: str) -> str:
    if name not in resource_types():
        raise NotFound(f"{name[:64]!r} is not an R4 resource type.", "resourceType")
    return name


def valid_id(value: Any) -> str:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise BadRequest(
            f"id {str(value)[:80]!r} is not allowed; allowed: 1 to 64 of A-Z, a-z, 0-9, '-' and '.'.", "id"
        )
    return value


def resource_of_type(resource: Any, expected: str) -> Json:
    """The resource, once its type is the expected one and id and meta have the right shape."""
    if not isinstance(resource, dict):
        raise BadResource("A resource must be a JSON object.", expected)
    given = resource.get("resourceType")
    if given is None:
        raise BadResource(f"resourceType is missing; expected {expected!r}.", "resourceType")
    if given != expected:
        raise BadResource(
            f"resourceType is {str(given)[:64]!r} but the request is for {expected!r}.", "resourceType"
        )
    if "id" in resource:
        valid_id(resource["id"])
    meta = resource.get("meta", {})
    if not isinstance(meta, dict):
        raise BadResource("meta must be an object.", f"{expected}.meta")
    return resource


def same_id(resource: Json, resource_id: str) -> None:
    """An update must carry the id it is sent to (https://hl7.org/fhir/R4/http.html#update)."""
    if resource.get("id") != resource_id:
        given = resource.get("id")
        raise BadRequest(f"The resource's id is {given!r} but the request is for {resource_id!r}.", "id")
