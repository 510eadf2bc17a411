"""Organisation policies, as they take effect on a project (https://cloud.google.com/resource-manager/docs/organization-policy).

Enforced here: `gcp.resourceLocations` on everything that is created in a location, and whatever a
service asks for with `enforced`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from localcloud import projects
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud

LOCATIONS = "gcp.resourceLocations"
_PLACE = re.compile(r"/(?:locations|regions|zones)/([^/]+)")
_ZONE = re.compile(r"([a-z]+-[a-z]+\d+)-[a-z]")


@cache
def groups() -> dict[str, frozenset[str]]:
    """Value groups by name (`eu` for `in:eu-locations`)."""
    raw = yaml.load((Path(__file__).parent / "locations.yaml").read_text(), yaml.CSafeLoader)
    return {name: frozenset(places) for name, places in raw.items()}


def effective(cloud: Cloud, project: str, constraint: str) -> list[Json]:
    """The rules that hold for a project: its own policy's and, where they are inherited, those above it."""
    if cloud.faults.active("policy-delay", constraint):
        return []
    rules: list[Json] = []
    for level in projects.ancestors(cloud.store, f"projects/{project}"):
        policy = cloud.store.get("orgpolicy", f"{level}/policies/{constraint}")
        spec = (policy or {}).get("spec") or {}
        if spec.get("reset"):
            return rules
        rules += spec.get("rules") or []
        if spec and not spec.get("inheritFromParent"):
            return rules
    return rules


def enforced(cloud: Cloud, project: str, constraint: str) -> bool:
    """Whether a boolean constraint is on."""
    rules = effective(cloud, project, constraint)
    return bool(rules) and rules[0].get("enforce") is True


def _in(values: list[str], place: str) -> bool:
    return any(_covers(value, place) for value in values)


def _covers(value: str, place: str) -> bool:
    value = value.removeprefix("is:")
    if not value.startswith("in:"):
        return value.lower() == place
    group = value.removeprefix("in:").removesuffix("-locations")
    zone = _ZONE.fullmatch(place)
    names = {place, zone[1]} if zone else {place}
    return group in names or bool(groups().get(group, frozenset()) & names)


def location_allowed(cloud: Cloud, project: str, place: str) -> bool:
    """Whether `gcp.resourceLocations` lets a resource be created there. `global` is no location."""
    rules = effective(cloud, project, LOCATIONS)
    if not rules or place == "global":
        return True
    if any(rule.get("denyAll") or _in(_values(rule, "deniedValues"), place) for rule in rules):
        return False
    allowed = [value for rule in rules for value in _values(rule, "allowedValues")]
    return any(rule.get("allowAll") for rule in rules) or not allowed or _in(allowed, place)


def _values(rule: Json, key: str) -> list[str]:
    return (rule.get("values") or {}).get(key) or []


def require_location(cloud: Cloud, call: Call, project: str) -> None:
    """Raise Google's refusal for the first place of a create call that the policy does not allow."""
    for place in places(call):
        if not location_allowed(cloud, project, place):
            raise refusal(cloud, call, project, place)


def refusal(cloud: Cloud, call: Call, project: str, place: str) -> ApiError:
    number = projects.number(cloud, project)
    if call.api in ("compute", "storage"):
        kind = "ZONE" if _ZONE.fullmatch(place) else "REGION"
        message = (
            f"Location {kind}:{place} violates constraint constraints/{LOCATIONS} "
            f"on the resource projects/{number}."
            if call.api == "compute"
            else f"'{place}' violates constraint 'constraints/{LOCATIONS}'"
        )
        return ApiError(412, message, "FAILED_PRECONDITION", "conditionNotMet")
    message = (
        f"Constraint constraints/{LOCATIONS} violated for projects/{number} attempting to create a resource "
        f"in location {place}. See https://cloud.google.com/resource-manager/docs/organization-policy/defining-locations"
    )
    return ApiError(
        400,
        message,
        "FAILED_PRECONDITION",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                "violations": [
                    {
                        "type": f"constraints/{LOCATIONS}",
                        "subject": f"projects/{number}",
                        "description": message,
                    }
                ],
            }
        ],
    )


def places(call: Call) -> list[str]:
    """Where the created resource will lie: from its name, else from the fields that say so."""
    found = [match[1] for match in _PLACE.finditer(f"/{call.name}/")]
    body: Any = call.body if isinstance(call.body, dict) else {}
    if call.api in ("storage", "bigquery", "sqladmin"):
        found += [body.get("location"), body.get("region")]
    if call.api == "secretmanager":
        found += _replicas(body)
    return [str(place).lower() for place in found if place]


def _replicas(body: Json) -> list[Any]:
    replication = body.get("replication") or {}
    return [r.get("location") for r in (replication.get("userManaged") or {}).get("replicas") or ()]
