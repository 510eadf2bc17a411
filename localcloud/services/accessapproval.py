"""Access Approval: the settings that every project, folder and organisation has.

Nobody asks for access here, so there is nothing to approve; the settings and the key that would sign
approvals are checked. https://cloud.google.com/assured-workloads/access-approval/docs/reference/rest
"""

from __future__ import annotations

import re

from localcloud import merge, projects
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.iam import container
from localcloud.registry import behaviour

API = "accessapproval"
_LEVELS = ("projects", "folders", "organizations")
_SIGNING = ("EC_SIGN_P256_SHA256", "EC_SIGN_P384_SHA384", "RSA_SIGN_", "EC_SIGN_")


@behaviour(
    *(f"{API}.{level}.getAccessApprovalSettings" for level in _LEVELS),
    permission="accessapproval.settings.get",
)
def get(cloud: Cloud, call: Call) -> Json:
    return _shown(cloud, call.name)


@behaviour(
    *(f"{API}.{level}.updateAccessApprovalSettings" for level in _LEVELS),
    permission="accessapproval.settings.update",
)
def update(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    _check(sent)
    old = cloud.store.get(API, call.name) or {}
    mask = call.query.get("updateMask") or ",".join(sent)
    cloud.store.put(API, call.name, {**merge.masked(old, sent, mask), "name": call.name})
    return _shown(cloud, call.name)


@behaviour(
    *(f"{API}.{level}.deleteAccessApprovalSettings" for level in _LEVELS),
    permission="accessapproval.settings.delete",
)
def delete(cloud: Cloud, call: Call) -> Json:
    cloud.store.delete(API, call.name)
    return {}


def _check(sent: Json) -> None:
    emails = sent.get("notificationEmails") or []
    if len(emails) > 50 or any("@" not in email for email in emails):
        raise ApiError(400, "notificationEmails: allowed are up to 50 email addresses.")
    for service in sent.get("enrolledServices") or []:
        if not service.get("cloudProduct"):
            raise ApiError(400, "enrolledServices.cloudProduct: an enrolled service needs one, such as all.")
        if service.get("enrollmentLevel") not in (None, "BLOCK_ALL"):
            raise ApiError(
                400,
                f"enrollmentLevel: {service['enrollmentLevel']!r} is not allowed; allowed: BLOCK_ALL",
            )


def _shown(cloud: Cloud, name: str) -> Json:
    """The settings with what Google works out from those above and from the key."""
    body = cloud.store.get(API, name) or {"name": name}
    above = [
        cloud.store.get(API, f"{level}/accessApprovalSettings") or {}
        for level in list(projects.ancestors(cloud.store, container(cloud.store, API, name)))[1:]
    ]
    flags = {
        "enrolledAncestor": any(one.get("enrolledServices") for one in above),
        "ancestorHasActiveKeyVersion": any(one.get("activeKeyVersion") for one in above),
        "invalidKeyVersion": not _can_sign(cloud, body.get("activeKeyVersion")),
    }
    return {**body, **{key: True for key, value in flags.items() if value}}


def _can_sign(cloud: Cloud, version: str | None) -> bool:
    """An enabled version that signs; no version at all means Google's own key."""
    if not version:
        return True
    found = cloud.store.get("cloudkms", projects.normalise(cloud.store, version)) or {}
    return found.get("state") == "ENABLED" and bool(re.match("|".join(_SIGNING), found.get("algorithm", "")))
