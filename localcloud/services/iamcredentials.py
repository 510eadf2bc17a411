"""IAM credentials: short-lived access tokens of service accounts, for those who may act as them."""

from __future__ import annotations

from datetime import timedelta

from localcloud import generic, timestamps
from localcloud.api import ApiError, Call, Caller, Json
from localcloud.cloud import Cloud
from localcloud.registry import behaviour

_LONGEST = 12 * 3600


@behaviour("iamcredentials.projects.serviceAccounts.generateAccessToken", permission="")
def generate_access_token(cloud: Cloud, call: Call) -> Json:
    """A token of the account; it calls from where its caller does."""
    email = call.name.rpartition("/")[2]
    project = email.partition("@")[2].partition(".")[0]
    name = f"projects/{project}/serviceAccounts/{email}"
    body = generic.load(cloud, "iam", name)
    cloud.iam.require(call.caller, "iam.serviceAccounts.getAccessToken", "iam", name)
    if body.get("disabled"):
        raise ApiError(400, f"Service account {email} is disabled.", "FAILED_PRECONDITION")
    sent = call.body or {}
    if not sent.get("scope"):
        raise ApiError(400, "scope: at least one scope is required.")
    lifetime = timestamps.seconds(sent.get("lifetime") or "3600s", "lifetime")
    if not 0 < lifetime <= _LONGEST:
        raise ApiError(400, f"lifetime: {lifetime:.0f}s is not allowed; allowed: up to {_LONGEST}s")
    token = cloud.tokens.mint(Caller(f"serviceAccount:{email}", call.caller.project), int(lifetime))
    return {
        "accessToken": token,
        "expireTime": timestamps.stamp(cloud.clock.now() + timedelta(seconds=lifetime)),
    }
