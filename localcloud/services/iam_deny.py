"""IAM v2: deny policies are checked and kept; they deny nothing here.

https://cloud.google.com/iam/docs/reference/rest/v2/policies
"""

from __future__ import annotations

import re
import secrets

from localcloud import generic, operations
from localcloud.api import ApiError, Call, Json, already_exists
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.registry import behaviour
from localcloud.timestamps import stamp

API = "iam"
_POINT = re.compile(
    r"policies/cloudresourcemanager\.googleapis\.com/(projects|folders|organizations)/[^/]+/denypolicies"
)


@behaviour("iam.policies.createPolicy", permission="iam.denypolicies.create")
def create(cloud: Cloud, call: Call) -> Json:
    if not _POINT.fullmatch(call.name):
        raise ApiError(
            400,
            f"parent: {call.name!r} is not allowed; allowed: "
            "policies/cloudresourcemanager.googleapis.com%2F…/denypolicies",
        )
    name = f"{call.name}/{call.query.get('policyId', '')}"
    if cloud.store.get(API, name) is not None:
        raise already_exists(name)
    now = stamp(cloud.clock.now())
    body = {
        **_checked(call.body or {}),
        "name": name,
        "kind": "DenyPolicy",
        "uid": secrets.token_hex(16),
        "createTime": now,
        "updateTime": now,
        "etag": generic.new_etag(),
    }
    cloud.store.put(API, name, body)
    return operations.done(call, body)


def _checked(body: Json) -> Json:
    for rule in body.get("rules") or [{}]:
        denied = rule.get("denyRule") or {}
        if not denied.get("deniedPrincipals") or not denied.get("deniedPermissions"):
            raise ApiError(400, "rules.denyRule: needs deniedPrincipals and deniedPermissions.")
    return body


@behaviour("iam.policies.get", permission="iam.denypolicies.get")
def get(cloud: Cloud, call: Call) -> Json:
    return generic.load(cloud, API, call.name)


@behaviour("iam.policies.listPolicies", permission="iam.denypolicies.list")
def list_(cloud: Cloud, call: Call) -> Json:
    head, _, collection = call.name.rpartition("/")
    return page(call, "policies", cloud.store.list(API, head, collection))


@behaviour("iam.policies.update", permission="iam.denypolicies.update")
def update(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        old = generic.load(cloud, API, call.name)
        generic.require_fresh(call, old, call.body or {})
        kept = {key: old[key] for key in ("name", "kind", "uid", "createTime")}
        fresh = {"updateTime": stamp(cloud.clock.now()), "etag": generic.new_etag()}
        body = {**_checked(call.body or {}), **kept, **fresh}
        cloud.store.put(API, call.name, body)
    return operations.done(call, body)


@behaviour("iam.policies.delete", permission="iam.denypolicies.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    body = generic.load(cloud, API, call.name)
    generic.require_fresh(call, body, {})
    cloud.store.delete(API, call.name)
    return operations.done(call, body)
