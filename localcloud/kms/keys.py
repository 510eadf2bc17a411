"""Crypto keys: what is computed about them (primary, rotation) and how they are made."""

from __future__ import annotations

from datetime import datetime, timedelta

from localcloud.api import ApiError, Json, not_found
from localcloud.cloud import Cloud
from localcloud.kms import ekm, versions
from localcloud.kms.algorithms import SYMMETRIC, algorithm
from localcloud.timestamps import parse, seconds, stamp

API = versions.API
_DAY = 86400
_PROTECTION = ("SOFTWARE", "HSM", "EXTERNAL", "EXTERNAL_VPC", "HSM_SINGLE_TENANT")
_PURPOSES = ("ENCRYPT_DECRYPT", "ASYMMETRIC_SIGN", "ASYMMETRIC_DECRYPT", "RAW_ENCRYPT_DECRYPT", "MAC")


def load(cloud: Cloud, name: str) -> Json:
    """A key as it is now: rotated if it was due, its primary version in its present state."""
    key = cloud.store.get(API, name)
    if key is None:
        raise not_found(name)
    key = _rotated_if_due(cloud, key)
    if "primary" in key:
        key["primary"] = versions.load(cloud, key["primary"]["name"])
    return key


def enabled_primary(cloud: Cloud, key: Json) -> str:
    """The primary version's name, if it can be used."""
    if "primary" not in key:
        raise ApiError(400, f"{key['name']} has no primary version.", "FAILED_PRECONDITION")
    return str(versions.usable(cloud, key["primary"]["name"])["name"])


def create(cloud: Cloud, name: str, body: Json, *, first_version: bool) -> Json:
    """A key and, unless skipped, its first version."""
    key = {**body, "name": name, "createTime": stamp(cloud.clock.now())}
    key["purpose"] = _purpose(body)
    key["versionTemplate"] = _template(key["purpose"], body.get("versionTemplate") or {})
    key.setdefault("destroyScheduledDuration", "2592000s")
    check_schedule(cloud, key)
    first_version = first_version and not key.get("importOnly")
    ekm.check(cloud, key, first_version)
    with cloud.store.transaction():
        cloud.store.put(API, name, key)
        if first_version:
            version = versions.create(cloud, key)
            if key["purpose"] == "ENCRYPT_DECRYPT":
                key["primary"] = {"name": version["name"]}
                cloud.store.put(API, name, key)
    return load(cloud, name)


def add_version(cloud: Cloud, name: str, given: Json) -> Json:
    """A further version; the first of a key that encrypts becomes its primary."""
    with cloud.store.transaction():
        key = load(cloud, name)
        version = versions.create(cloud, key, given)
        if key["purpose"] == "ENCRYPT_DECRYPT" and "primary" not in key and version["state"] == "ENABLED":
            key["primary"] = {"name": version["name"]}
            cloud.store.put(API, name, key)
    return version


def set_primary(cloud: Cloud, name: str, version_id: str) -> Json:
    """Make a version the one that encrypts from now on."""
    key = load(cloud, name)
    if key["purpose"] != "ENCRYPT_DECRYPT":
        raise ApiError(
            400,
            f"{name} has purpose {key['purpose']}; only ENCRYPT_DECRYPT keys have a primary version.",
            "FAILED_PRECONDITION",
        )
    version = versions.usable(cloud, f"{name}/cryptoKeyVersions/{version_id}")
    key["primary"] = {"name": version["name"]}
    cloud.store.put(API, name, key)
    return load(cloud, name)


def _rotated_if_due(cloud: Cloud, key: Json) -> Json:
    due = key.get("nextRotationTime")
    if due is None or "primary" not in key or parse(due) > cloud.clock.now():
        return key
    with cloud.store.transaction():
        current = cloud.store.get(API, key["name"]) or key
        if current.get("nextRotationTime") != due:
            return current
        current["primary"] = {"name": versions.create(cloud, current)["name"]}
        if "rotationPeriod" in current:
            current["nextRotationTime"] = stamp(_next(cloud, due, seconds(current["rotationPeriod"])))
        else:
            del current["nextRotationTime"]
        cloud.store.put(API, key["name"], current)
    return current


def _next(cloud: Cloud, due: str, period: float) -> datetime:
    """The first multiple of the period after `due` that lies ahead."""
    missed = (cloud.clock.now() - parse(due)).total_seconds() // period
    return parse(due) + timedelta(seconds=period * (missed + 1))


def _purpose(body: Json) -> str:
    purpose = body.get("purpose")
    if purpose not in _PURPOSES:
        raise ApiError(
            400, f"CryptoKey.purpose: {purpose!r} is not allowed; allowed: {', '.join(_PURPOSES)}."
        )
    return str(purpose)


def _template(purpose: str, given: Json) -> Json:
    """The version template with its defaults, checked against the purpose."""
    template = {"protectionLevel": "SOFTWARE", **given}
    if template["protectionLevel"] not in _PROTECTION:
        raise ApiError(
            400,
            f"CryptoKey.version_template.protection_level: {template['protectionLevel']!r} is not "
            f"allowed; allowed: {', '.join(_PROTECTION)}.",
        )
    if purpose == "ENCRYPT_DECRYPT":
        template.setdefault("algorithm", SYMMETRIC)
    if "algorithm" not in template:
        raise ApiError(400, f"CryptoKey.version_template.algorithm must be given for purpose {purpose}.")
    if algorithm(template["algorithm"]).purpose != purpose:
        raise ApiError(400, f"Algorithm {template['algorithm']} cannot be used with purpose {purpose}.")
    return template


def check_schedule(cloud: Cloud, key: Json) -> None:
    """Rotation and waiting time within Google's limits."""
    if not _DAY <= seconds(key["destroyScheduledDuration"], "destroyScheduledDuration") <= 120 * _DAY:
        raise ApiError(400, "CryptoKey.destroy_scheduled_duration must be between 86400s and 10368000s.")
    period, due = key.get("rotationPeriod"), key.get("nextRotationTime")
    if (period or due) and key["purpose"] != "ENCRYPT_DECRYPT":
        raise ApiError(400, f"Automatic rotation is not offered for purpose {key['purpose']}.")
    if period and not due:
        raise ApiError(400, "CryptoKey.next_rotation_time must be set when rotation_period is.")
    if period and not _DAY <= seconds(period, "rotationPeriod") <= 36500 * _DAY:
        raise ApiError(400, "CryptoKey.rotation_period must be between 86400s and 3153600000s.")
    if due and parse(due, "nextRotationTime") <= cloud.clock.now():
        raise ApiError(400, "CryptoKey.next_rotation_time must be in the future.")
