"""IAM policies of resources: read-modify-write with etags (https://cloud.google.com/iam/docs/allow-policies#etag)."""

from __future__ import annotations

import re
from typing import Any

from localcloud import projects
from localcloud.api import ApiError, Call, Json, not_found
from localcloud.cloud import Cloud

EMPTY_ETAG = "ACAB"
"""What Google answers for a policy that was never set."""

_MEMBER = re.compile(
    r"allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|principal|principalSet|projectOwner|projectEditor|"
    r"projectViewer|deleted):.+"
)


def resource_name(cloud: Cloud, call: Call) -> str:
    """`projects/-/serviceAccounts/EMAIL` names the project in the email."""
    parts = call.name.split("/")
    if parts[:2] == ["projects", "-"] and "@" in parts[-1]:
        parts[1] = parts[-1].split("@")[1].split(".")[0]
    return "/".join(parts)


def get(cloud: Cloud, call: Call) -> Json:
    name = resource_name(cloud, call)
    _require_resource(cloud, call.api, name)
    return current(cloud, call.api, name)


def current(cloud: Cloud, api: str, name: str) -> Json:
    """The policy as it is; never 404 for a resource that exists."""
    return cloud.store.policy(api, name) or {"version": 1, "etag": EMPTY_ETAG}


def set(cloud: Cloud, call: Call) -> Json:
    from localcloud.generic import new_etag

    name, body = resource_name(cloud, call), call.body or {}
    sent = body.get("policy") if call.api != "storage" else body
    if not isinstance(sent, dict):
        raise ApiError(400, "Invalid value at 'policy': a policy is required.")
    check(cloud, sent)
    with cloud.store.transaction():
        _require_resource(cloud, call.api, name)
        old = current(cloud, call.api, name)
        if sent.get("etag") and sent["etag"] != old["etag"]:
            raise ApiError(
                409,
                "There were concurrent policy changes. Please retry the whole read-modify-write with "
                "exponential backoff.",
                "ABORTED",
                "aborted",
            )
        new = _merged(old, sent, str(body.get("updateMask") or "bindings,etag"))
        new["etag"] = new_etag()
        cloud.store.set_policy(call.api, name, new)
    return new


def _merged(old: Json, sent: Json, mask: str) -> Json:
    out: Json = {"version": sent.get("version", old.get("version", 1))}
    for key in ("bindings", "auditConfigs"):
        value = sent.get(key) if key in mask.split(",") or key in sent else old.get(key)
        if value:
            out[key] = value
    return out


def test(cloud: Cloud, call: Call) -> Json:
    wanted = (call.body or {}).get("permissions") or [v for k, v in call.query_list if k == "permissions"]
    name = resource_name(cloud, call)
    held = [p for p in wanted if cloud.iam.allows(call.caller, p, call.api, name)]
    return {"permissions": held} if held else {}


def check(cloud: Cloud, policy: Json) -> None:
    """Bindings that Google would refuse: unknown kinds of member, custom roles that are not there."""
    for binding in policy.get("bindings") or ():
        role = binding.get("role", "")
        if not re.fullmatch(r"(projects/[^/]+/|organizations/[^/]+/)?roles/[\w.]+", role):
            raise ApiError(400, f"Role ({role}) does not exist in the resource's hierarchy.")
        if (
            not role.startswith("roles/")
            and cloud.store.get("iam", projects.normalise(cloud.store, role)) is None
        ):
            raise ApiError(400, f"Role ({role}) does not exist in the resource's hierarchy.")
        for member in binding.get("members") or ():
            if not isinstance(member, str) or not _MEMBER.fullmatch(member):
                raise ApiError(
                    400,
                    f"Invalid member: {member!r}; allowed: user:, serviceAccount:, group:, domain:, "
                    "principal:, principalSet:, allUsers, allAuthenticatedUsers",
                )


def _require_resource(cloud: Cloud, api: str, name: str) -> None:
    if name.startswith("organizations/") and name.count("/") == 1:
        return
    if _implicit(api, name) or cloud.store.get(api, name) is not None:
        return
    raise not_found(name)


def _implicit(api: str, name: str) -> bool:
    """What has a policy without ever being created: IAP and binary authorization's one policy per project."""
    return (api == "binaryauthorization" and name.endswith("/policy")) or api == "iap"


def bind(cloud: Cloud, api: str, name: str, role: str, member: str) -> None:
    """Add one binding, as Google does when it makes someone owner of what they create."""
    from localcloud.generic import new_etag

    policy: dict[str, Any] = dict(current(cloud, api, name))
    bindings = [dict(b) for b in policy.get("bindings", ())]
    found = next((b for b in bindings if b["role"] == role and "condition" not in b), None)
    if found is None:
        bindings.append({"role": role, "members": [member]})
    elif member not in found["members"]:
        found["members"] = [*found["members"], member]
    cloud.store.set_policy(api, name, {**policy, "bindings": bindings, "etag": new_etag()})
