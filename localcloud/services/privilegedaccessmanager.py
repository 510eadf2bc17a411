"""Privileged Access Manager: entitlements are checked and kept; grants are not offered here.

https://cloud.google.com/iam/docs/reference/pam/rest
"""

from __future__ import annotations

import re
from typing import Any

from localcloud import generic
from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.policy import check as check_policy
from localcloud.registry import computed
from localcloud.timestamps import seconds

_LEVELS = ("projects", "folders", "organizations")
_SHORTEST, _LONGEST = 30 * 60, 7 * 86400
_TYPES = {
    "projects": "cloudresourcemanager.googleapis.com/Project",
    "folders": "cloudresourcemanager.googleapis.com/Folder",
    "organizations": "cloudresourcemanager.googleapis.com/Organization",
}


@computed(*(f"privilegedaccessmanager.{level}.locations.entitlements" for level in _LEVELS))
def entitlement(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    parts = name.split("/")
    if not re.fullmatch(r"[a-z][a-z0-9-]{3,62}", parts[-1]):
        raise ApiError(
            400,
            f"entitlementId: {parts[-1]!r} is not allowed; allowed: 4 to 63 of a-z, 0-9 and -",
        )
    if parts[3] != "global":
        raise ApiError(400, f"location: {parts[3]!r} is not allowed; allowed: global")
    duration = seconds(str(body.get("maxRequestDuration", "")), "maxRequestDuration")
    if not _SHORTEST <= duration <= _LONGEST:
        raise ApiError(400, f"maxRequestDuration: allowed are {_SHORTEST}s to {_LONGEST}s.")
    for entry in body.get("eligibleUsers") or [{}]:
        _check_principals(cloud, entry.get("principals"), "eligibleUsers.principals")
    _check_justification(body.get("requesterJustificationConfig"))
    _check_access(cloud, parts, body)
    _check_workflow(cloud, body)
    body |= {"state": "AVAILABLE", "etag": generic.new_etag()}


def _check_principals(cloud: Cloud, given: Any, path: str) -> None:
    if not given or len(given) > 20:
        raise ApiError(400, f"{path}: allowed are 1 to 20 principals.")
    check_policy(cloud, {"bindings": [{"role": "roles/viewer", "members": given}]})


def _check_justification(given: Any) -> None:
    if not isinstance(given, dict) or len([k for k in ("notMandatory", "unstructured") if k in given]) != 1:
        raise ApiError(400, "requesterJustificationConfig: exactly one of notMandatory and unstructured.")


def _check_access(cloud: Cloud, parts: list[str], body: Json) -> None:
    """An entitlement gives roles on the very resource that it belongs to."""
    access = (body.get("privilegedAccess") or {}).get("gcpIamAccess") or {}
    if access.get("resourceType") != _TYPES[parts[0]]:
        raise ApiError(
            400, f"resourceType: {access.get('resourceType')!r} is not allowed; allowed: {_TYPES[parts[0]]}"
        )
    owner = "/".join(parts[:2])
    if access.get("resource") != f"//cloudresourcemanager.googleapis.com/{owner}":
        raise ApiError(
            400,
            f"resource: {access.get('resource')!r} is not allowed; allowed: "
            f"//cloudresourcemanager.googleapis.com/{owner}",
        )
    if not access.get("roleBindings"):
        raise ApiError(400, "roleBindings: an entitlement needs at least one role.")
    check_policy(cloud, {"bindings": [{"role": one.get("role", "")} for one in access["roleBindings"]]})
    for number, binding in enumerate(access["roleBindings"], 1):
        binding.setdefault("id", f"{number:016x}")


def _check_workflow(cloud: Cloud, body: Json) -> None:
    workflow = body.get("approvalWorkflow")
    if not workflow:
        return
    steps = (workflow.get("manualApprovals") or {}).get("steps") or []
    if not 1 <= len(steps) <= 2:
        raise ApiError(400, "approvalWorkflow.manualApprovals.steps: allowed are 1 or 2.")
    for number, step in enumerate(steps, 1):
        approvers = step.get("approvers") or [{}]
        if len(approvers) != 1:
            raise ApiError(400, "steps.approvers: allowed is one entry.")
        _check_principals(cloud, approvers[0].get("principals"), "steps.approvers.principals")
        step.setdefault("id", f"step-{number}")
        step.setdefault("approvalsNeeded", 1)
        if not 1 <= int(step["approvalsNeeded"]) <= 5:
            raise ApiError(400, "steps.approvalsNeeded: allowed are 1 to 5.")
