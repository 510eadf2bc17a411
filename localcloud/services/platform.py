"""Small APIs in one place: what Google computes of certificates, caches, queues, jobs and repositories."""

from __future__ import annotations

import hashlib
import secrets

from localcloud import generic, merge, projects
from localcloud.agents import agent
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.registry import behaviour, computed
from localcloud.services.compute import defaults
from localcloud.timestamps import stamp

_SCHEDULER = "cloudscheduler.projects.locations.jobs"
_QUEUES = "cloudtasks.projects.locations.queues"
_REDIS = "redis.projects.locations.instances"


def _require_key(cloud: Cloud, service: str, name: str, key: str | None) -> None:
    """CMEK where a key is named: of the resource's location, granted to the service's agent."""
    if key:
        from localcloud.cmek import require_key

        parts = name.split("/")
        require_key(cloud, key, parts[3], agent(service, projects.number(cloud, parts[1])))


@computed("artifactregistry.projects.locations.repositories")
def repository(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    if not body.get("format"):
        raise ApiError(400, "format: a repository needs one, such as DOCKER.")
    defaults(body, mode="STANDARD_REPOSITORY")
    if new:
        _require_key(cloud, "artifactregistry", name, body.get("kmsKeyName"))
        defaults(
            body,
            sizeBytes="0",
            registryUri=f"{name.split('/')[3]}-docker.pkg.dev/{name.split('/')[1]}/{name.rpartition('/')[2]}",
        )


@computed("certificatemanager.projects.locations.certificates")
def certificate(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    if isinstance(body.get("managed"), dict):
        if new:
            _require_authorizations(cloud, body["managed"])
        body["managed"]["state"] = "ACTIVE"
    for name in ("pemPrivateKey", "privateKeyPem"):
        (body.get("selfManaged") or {}).pop(name, None)


def _require_authorizations(cloud: Cloud, managed: Json) -> None:
    """A wildcard needs a DNS authorization of its domain; a load balancer cannot prove it."""
    names = managed.get("dnsAuthorizations") or []
    found = {
        name: cloud.store.get("certificatemanager", projects.normalise(cloud.store, name)) for name in names
    }
    if missing := [name for name, authorization in found.items() if authorization is None]:
        raise ApiError(400, f"managed.dnsAuthorizations: '{missing[0]}' was not found.")
    covered = {authorization["domain"] for authorization in found.values() if authorization}
    for domain in managed.get("domains") or []:
        bare = domain.removeprefix("*.")
        if (domain != bare or names) and not managed.get("issuanceConfig") and bare not in covered:
            raise ApiError(400, f"managed.domains: '{domain}' needs a DNS authorization of '{bare}'.")


@computed("certificatemanager.projects.locations.certificateMaps.certificateMapEntries")
def map_entry(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, state="ACTIVE")


@computed("certificatemanager.projects.locations.dnsAuthorizations")
def authorization(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    digest = hashlib.sha256(name.encode()).hexdigest()
    defaults(body, type="FIXED_RECORD" if name.split("/")[3] == "global" else "PER_PROJECT_RECORD")
    label = "_acme-challenge" if body["type"] == "FIXED_RECORD" else f"_acme-challenge_{digest[:16]}"
    defaults(
        body,
        dnsResourceRecord={
            "name": f"{label}.{body.get('domain')}.",
            "type": "CNAME",
            "data": f"{digest[:32]}.authorize.certificatemanager.goog.",
        },
    )


@computed(_REDIS)
def redis(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    """No Redis server stands behind it: the address is that of none."""
    place, number = name.split("/")[3], hashlib.sha256(name.encode()).digest()
    if new:
        _require_key(cloud, "redis", name, body.get("customerManagedKey"))
    defaults(
        body,
        tier="BASIC",
        connectMode="DIRECT_PEERING",
        redisVersion="REDIS_7_2",
        transitEncryptionMode="DISABLED",
        locationId=f"{place}-a",
        reservedIpRange=f"10.{192 + number[0] % 32}.{number[1]}.0/29",
        port=6379,
    )
    defaults(
        body,
        currentLocationId=body["locationId"],
        host=body["reservedIpRange"].replace(".0/29", ".4"),
        state="READY",
        persistenceIamIdentity=f"serviceAccount:{agent('redis', projects.number(cloud, name.split('/')[1]))}",
    )


@behaviour(f"{_REDIS}.getAuthString", permission="redis.instances.getAuthString")
def auth_string(cloud: Cloud, call: Call) -> Json:
    name = call.name.removesuffix("/authString")
    generic.load(cloud, "redis", name)
    known = cloud.store.private("redis-auth", name) or secrets.token_hex(18).encode()
    cloud.store.set_private("redis-auth", name, known)
    return {"authString": known.decode()}


@computed(_QUEUES)
def queue(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    """Nothing is dispatched: tasks are not run."""
    defaults(body, state="RUNNING", rateLimits={}, retryConfig={})
    defaults(body["rateLimits"], maxDispatchesPerSecond=500, maxBurstSize=100, maxConcurrentDispatches=1000)
    defaults(body["retryConfig"], maxAttempts=100, minBackoff="0.100s", maxBackoff="3600s", maxDoublings=16)


@behaviour(*(f"{_QUEUES}.{action}" for action in ("pause", "resume", "purge")))
def switch_queue(cloud: Cloud, call: Call) -> Json:
    body = generic.load(cloud, call.api, call.name)
    body["state"] = {"pause": "PAUSED", "resume": "RUNNING"}.get(call.action, body["state"])
    cloud.store.put(call.api, call.name, body)
    return body


@computed(_SCHEDULER)
def job(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    """Nothing is run on schedule. A `retryConfig` that was not asked for is not returned."""
    if not body.get("schedule"):
        raise ApiError(400, "schedule: a job needs one, in cron's form.")
    defaults(body, attemptDeadline="180s", state="ENABLED", timeZone="UTC")
    if isinstance(body.get("httpTarget"), dict):
        headers = body["httpTarget"].setdefault("headers", {})
        headers.setdefault("User-Agent", "Google-Cloud-Scheduler")
    body["userUpdateTime"] = stamp(cloud.clock.now())


@behaviour(f"{_SCHEDULER}.pause", f"{_SCHEDULER}.resume")
def switch_job(cloud: Cloud, call: Call) -> Json:
    body = generic.load(cloud, call.api, call.name)
    body["state"] = "PAUSED" if call.action == "pause" else "ENABLED"
    cloud.store.put(call.api, call.name, body)
    return body


@behaviour("binaryauthorization.projects.getPolicy", permission="binaryauthorization.policy.get")
def binary_policy(cloud: Cloud, call: Call) -> Json:
    """A project always has one; Google's first one lets everything run."""
    return cloud.store.get(call.api, call.name) or {
        "name": call.name,
        "globalPolicyEvaluationMode": "ENABLE",
        "defaultAdmissionRule": {
            "evaluationMode": "ALWAYS_ALLOW",
            "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG",
        },
    }


@behaviour("binaryauthorization.projects.updatePolicy", permission="binaryauthorization.policy.update")
def set_binary_policy(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    if not sent.get("defaultAdmissionRule"):
        raise ApiError(400, "defaultAdmissionRule: a policy needs one.")
    body = {**sent, "name": call.name, "updateTime": stamp(cloud.clock.now()), "etag": generic.new_etag()}
    cloud.store.put(call.api, call.name, body)
    return body


@computed(
    "essentialcontacts.projects.contacts",
    "essentialcontacts.folders.contacts",
    "essentialcontacts.organizations.contacts",
)
def contact(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    if "@" not in str(body.get("email", "")):
        raise ApiError(400, f"email: {body.get('email')!r} is not allowed; allowed: an email address")
    defaults(body, languageTag="en", validationState="VALID")
    body["validateTime"] = stamp(cloud.clock.now())


@behaviour(
    "cloudbilling.projects.getBillingInfo",
    "cloudbilling.projects.updateBillingInfo",
    permission="resourcemanager.projects.get",
)
def billing(cloud: Cloud, call: Call) -> Json:
    """A project's billing account is kept, and nothing is ever billed."""
    project = call.name.split("/")[1]
    name = f"projects/{project}/billingInfo"
    projects.require(cloud, project)
    body = cloud.store.get(call.api, name) or {
        "name": name,
        "projectId": project,
        "billingAccountName": "",
        "billingEnabled": False,
    }
    if call.action == "updateBillingInfo":
        body = merge.merged(body, call.body or {})
        body |= {"name": name, "projectId": project, "billingEnabled": bool(body.get("billingAccountName"))}
        cloud.store.put(call.api, name, body)
    return body
