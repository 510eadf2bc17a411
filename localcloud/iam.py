"""Whether IAM lets a caller do something: bindings on the resource and on all that is above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from localcloud import projects
from localcloud.api import ApiError, Caller, Json
from localcloud.cloud import Clock
from localcloud.roles import grants
from localcloud.store import Store
from localcloud.timestamps import parse

_TIME = re.compile(r"request\.time\s*([<>])\s*timestamp\(['\"](.+?)['\"]\)")
_STARTS = re.compile(r"resource\.name\.startsWith\(['\"](.+?)['\"]\)")
_ENDS = re.compile(r"resource\.name\.endsWith\(['\"](.+?)['\"]\)")
_SERVICE = re.compile(r"resource\.service\s*==\s*['\"](.+?)['\"]")
_EQUALS = re.compile(r"resource\.name\s*==\s*['\"](.+?)['\"]")


class StoredIam:
    """Policies of the state. The operator is owner of the organisation and allowed everything."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def allows(self, caller: Caller, permission: str, api: str, name: str) -> bool:
        if caller.operator:
            return True
        return any(
            self._binds(binding, caller, permission, api, name)
            for policy in self._policies(api, name)
            for binding in policy.get("bindings", ())
        )

    def require(self, caller: Caller, permission: str, api: str, name: str) -> None:
        if not self.allows(caller, permission, api, name):
            raise denied(caller, permission, api, name)

    def _binds(self, binding: Json, caller: Caller, permission: str, api: str, name: str) -> bool:
        return (
            any(self._matches(member, caller) for member in binding.get("members", ()))
            and grants(self._store, binding["role"], permission)
            and holds(binding.get("condition"), api, name, self._clock.now())
        )

    def _matches(self, member: str, caller: Caller) -> bool:
        if member in ("allUsers", "allAuthenticatedUsers") or member.lower() == caller.member.lower():
            return True
        kind, _, project = member.partition(":")
        role = {
            "projectOwner": "roles/owner",
            "projectEditor": "roles/editor",
            "projectViewer": "roles/viewer",
        }.get(kind)
        if role is None:
            return False
        policy = self._store.policy(projects.API, f"projects/{project}") or {}
        return any(
            b["role"] == role and caller.member in b.get("members", ()) for b in policy.get("bindings", ())
        )

    def _policies(self, api: str, name: str) -> Iterator[Json]:
        name = projects.normalise(self._store, name)
        if api != projects.API:
            for level in _inside(name):
                if policy := self._store.policy(api, level):
                    yield policy
        for level in projects.ancestors(self._store, container(self._store, api, name)):
            if policy := self._store.policy(projects.API, level):
                yield policy


def _inside(name: str) -> Iterator[str]:
    """A resource and every prefix of its name that may hold a policy, without the project itself."""
    parts = name.split("/")
    lowest = 2 if parts[0] == "projects" else 0
    for end in range(len(parts), lowest, -1):
        yield "/".join(parts[:end])


def container(store: Store, api: str, name: str) -> str:
    """The project, folder or organisation that a resource lies in; empty when that is not known."""
    parts = name.split("/")
    if parts[0] in ("projects", "folders", "organizations"):
        if len(parts) > 1 and parts[1] == "-" and parts[-1].endswith(".iam.gserviceaccount.com"):
            return f"projects/{parts[-1].split('@')[1].split('.')[0]}"
        return "/".join(parts[:2])
    if parts[0] == "namespaces" and len(parts) > 1:
        return f"projects/{parts[1]}"
    if api == "storage" and parts[0] == "b" and len(parts) > 1:
        bucket = store.get("storage", f"b/{parts[1]}")
        number = str((bucket or {}).get("projectNumber", ""))
        return f"projects/{projects.normal_id(store, number)}" if number else ""
    if api == "accesscontextmanager" and parts[0] == "accessPolicies":
        policy = store.get(api, "/".join(parts[:2]))
        return str(policy["parent"]) if policy else projects.ORGANIZATION
    if parts[0] == "services" and "projects" in parts:
        return "projects/" + parts[parts.index("projects") + 1]
    return ""


def holds(condition: Json | None, api: str, name: str, now: datetime) -> bool:
    """Whether a condition is true; one that is not understood is false, so that it never grants too much."""
    if not condition:
        return True
    return all(
        _clause(part.strip(" ()"), api, name, now)
        for part in re.split(r"&&", condition.get("expression", ""))
    )


def _clause(text: str, api: str, name: str, now: datetime) -> bool:
    text = text + ")" if text.count("(") > text.count(")") else text
    if match := _TIME.fullmatch(text):
        return now < parse(match[2]) if match[1] == "<" else now > parse(match[2])
    if match := _STARTS.fullmatch(text):
        return name.startswith(match[1])
    if match := _SERVICE.fullmatch(text):
        return match[1] == f"{api}.googleapis.com"
    if match := _ENDS.fullmatch(text):
        return name.endswith(match[1])
    if match := _EQUALS.fullmatch(text):
        return name == match[1]
    return False


def denied(caller: Caller, permission: str, api: str, name: str) -> ApiError:
    """Google's 403, which does not tell whether the resource exists."""
    resource = f"//{api}.googleapis.com/{name}"
    message = f"Permission '{permission}' denied on resource '{resource}' (or it may not exist)."
    return ApiError(
        403,
        message,
        reason="forbidden",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "IAM_PERMISSION_DENIED",
                "domain": "iam.googleapis.com",
                "metadata": {"resource": name, "permission": permission, "member": caller.member},
            }
        ],
    )
