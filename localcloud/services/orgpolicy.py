"""Organisation policies, one per constraint on a project, folder or organisation (see constraints.py)."""

from __future__ import annotations

import re
from typing import Any

from localcloud import constraints, generic, projects
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.registry import behaviour, computed
from localcloud.timestamps import stamp

API = "orgpolicy"
_LEVELS = ("projects", "folders", "organizations")


@computed(*(f"orgpolicy.{level}.policies" for level in _LEVELS))
def fill(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    constraint = name.rpartition("/")[2]
    if not re.fullmatch(r"(custom\.)?[a-zA-Z]+(\.[\w-]+)*", constraint):
        raise ApiError(
            400, f"name: {constraint!r} is not allowed; allowed: a constraint such as {constraints.LOCATIONS}"
        )
    if constraint == constraints.LOCATIONS:
        for rule in (body.get("spec") or {}).get("rules") or ():
            for value in [v for values in (rule.get("values") or {}).values() for v in values or ()]:
                _check_place(value)
    if constraint.startswith("custom.") and not _custom(cloud, name.partition("/policies/")[0], constraint):
        raise ApiError(400, f"name: custom constraint {constraint} does not exist.")
    body["etag"] = generic.new_etag()
    spec = body.get("spec")
    if spec is not None:
        spec |= {"etag": body["etag"], "updateTime": stamp(cloud.clock.now())}


def _check_place(value: Any) -> None:
    """A value group must be one that Google has."""
    group = re.fullmatch(r"in:(.+)-locations", str(value))
    if not str(value).startswith("in:"):
        return
    everywhere = {place for places in constraints.groups().values() for place in places}
    if not group or (group[1] not in constraints.groups() and group[1] not in everywhere):
        raise ApiError(
            400,
            f"spec.rules.values: {value!r} is not allowed; allowed: a location or a group (in:eu-locations)",
        )


def _custom(cloud: Cloud, owner: str, constraint: str) -> Json | None:
    organization = projects.organization_of(cloud.store, owner)
    return cloud.store.get(API, f"{organization}/customConstraints/{constraint}")


@computed("orgpolicy.organizations.customConstraints")
def custom_constraint(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    """Kept, and what uses it is checked; its condition is not evaluated here."""
    short = name.rpartition("/")[2]
    if not re.fullmatch(r"custom\.[a-zA-Z0-9]{1,63}", short):
        raise ApiError(
            400, f"name: {short!r} is not allowed; allowed: custom. and up to 63 letters and digits"
        )
    for key in ("resourceTypes", "methodTypes", "condition", "actionType"):
        if not body.get(key):
            raise ApiError(400, f"{key}: a custom constraint needs it.")
    if body["actionType"] not in ("ALLOW", "DENY"):
        raise ApiError(400, f"actionType: {body['actionType']!r} is not allowed; allowed: ALLOW, DENY")


@behaviour(
    *(f"orgpolicy.{level}.policies.getEffectivePolicy" for level in _LEVELS),
    permission="orgpolicy.policy.get",
)
def effective(cloud: Cloud, call: Call) -> Json:
    constraint = call.name.rpartition("/")[2]
    level = "/".join(call.name.split("/")[:2])
    rules = (
        constraints.effective(cloud, level.partition("/")[2], constraint)
        if level.startswith("projects/")
        else ((cloud.store.get(API, call.name) or {}).get("spec", {}).get("rules", []))
    )
    return {"name": call.name, "spec": {"rules": rules}}


@behaviour(
    *(f"orgpolicy.{level}.constraints.list" for level in _LEVELS), permission="orgpolicy.constraints.list"
)
def list_constraints(cloud: Cloud, call: Call) -> Json:
    names = [
        constraints.LOCATIONS,
        "iam.disableServiceAccountKeyCreation",
        "compute.skipDefaultNetworkCreation",
    ]
    return {"constraints": [{"name": f"{call.name}/{name}"} for name in names]}
