"""IAM: custom roles and workload identity pools, whose deletion can be taken back for 30 days."""

from __future__ import annotations

import re

from localcloud import generic, merge, operations
from localcloud.api import ApiError, Call, Json, already_exists
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.registry import behaviour, computed
from localcloud.roles import predefined

API = "iam"
_LEVELS = ("iam.projects.roles", "iam.organizations.roles")
_POOLS = "iam.projects.locations.workloadIdentityPools"
_ID = re.compile(r"[a-zA-Z0-9_.]{3,64}")


def _both(*actions: str) -> list[str]:
    return [f"{level}.{action}" for level in _LEVELS for action in actions]


@behaviour(*_both("create"))
def create_role(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    given = str(sent.get("roleId", ""))
    if not _ID.fullmatch(given):
        raise ApiError(
            400, f"roleId: {given!r} is not allowed; allowed: 3 to 64 letters, digits, '_' and '.'"
        )
    name = f"{call.name}/{given}"
    with cloud.store.transaction():
        old = cloud.store.get(API, name)
        if old is not None and old.get("deleted"):
            raise ApiError(
                400,
                f"You can't create a role with role_id ({given}) where there is an existing role with that "
                "role_id in a deleted state; undelete it.",
                "FAILED_PRECONDITION",
            )
        if old is not None:
            raise already_exists(name)
        body = {**(sent.get("role") or {}), "name": name, "etag": generic.new_etag()}
        cloud.store.put(API, name, body)
    return body


@behaviour(*_both("patch"), permission="iam.roles.update")
def patch_role(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    with cloud.store.transaction():
        old = generic.load(cloud, API, call.name)
        generic.require_fresh(call, old, sent)
        mask = call.query.get("updateMask") or ",".join(key for key in sent if key not in ("name", "etag"))
        body = merge.masked(old, sent, mask) | {"etag": generic.new_etag()}
        cloud.store.put(API, call.name, body)
    return body


@behaviour(*_both("delete", "undelete"))
def mark_role(cloud: Cloud, call: Call) -> Json:
    body = generic.load(cloud, API, call.name)
    body.pop("deleted", None)
    if call.action == "delete":
        body["deleted"] = True
    cloud.store.put(API, call.name, body | {"etag": generic.new_etag()})
    return body


@behaviour(*_both("list"))
def list_roles(cloud: Cloud, call: Call) -> Json:
    shown = call.query.get("showDeleted") == "true"
    found = [r for r in cloud.store.list(API, call.parent, "roles") if shown or not r.get("deleted")]
    return page(call, "roles", found)


@behaviour("iam.roles.get", permission="")
def get_predefined(cloud: Cloud, call: Call) -> Json:
    name = call.name
    if name not in predefined():
        raise ApiError(404, f"The role named {name} was not found.")
    return {"name": name, "includedPermissions": list(predefined()[name]), "stage": "GA"}


@computed(_POOLS, f"{_POOLS}.providers")
def pool(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    if new:
        body["state"] = "ACTIVE"


def _pools(*actions: str) -> list[str]:
    return [f"{base}.{action}" for base in (_POOLS, f"{_POOLS}.providers") for action in actions]


@behaviour(*_pools("delete", "undelete"))
def mark_pool(cloud: Cloud, call: Call) -> Json:
    """A deleted pool or provider stays, in state DELETED, and its id is taken."""
    body = generic.load(cloud, API, call.name)
    body["state"] = "DELETED" if call.action == "delete" else "ACTIVE"
    cloud.store.put(API, call.name, body)
    return operations.done(call, body)
