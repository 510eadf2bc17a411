"""Customer-managed keys: whether a service may use one, now.

Services ask on create and on every use, so disabling a key stops what it protects
(https://cloud.google.com/kms/docs/cmek). They may also be told when a key changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from localcloud.api import ApiError, Caller
from localcloud.kms import keys, versions

if TYPE_CHECKING:
    from localcloud.cloud import Cloud

KeyChange = Callable[["Cloud", str], None]

_KEY = re.compile(r"projects/[^/]+/locations/(?P<location>[^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+")
_CHANGES: list[KeyChange] = []
_KEY_LOCATIONS = {"eu": "europe"}
"""What Cloud KMS calls a multi-region that Cloud Storage and BigQuery name otherwise.

https://cloud.google.com/storage/docs/encryption/customer-managed-keys#location
"""


def on_key_change(callback: KeyChange) -> KeyChange:
    """Call `callback(cloud, key name)` after a key's version is enabled, disabled, destroyed or restored."""
    _CHANGES.append(callback)
    return callback


def announce(cloud: Cloud, key_name: str) -> None:
    """Tell every dependent service that a key changed (called by Cloud KMS)."""
    for callback in _CHANGES:
        callback(cloud, key_name)


def key_of(name: str) -> str:
    """The crypto key of a key name or of one of its versions."""
    return name.split("/cryptoKeyVersions/")[0]


def require_key(cloud: Cloud, key_name: str, location: str | None, agent_member: str) -> str:
    """The key's primary version, if the service agent may encrypt with it at this moment.

    `location` is where the protected resource lies (any case); None where Google asks for no location.
    """
    key_name = key_of(key_name)
    match = _KEY.fullmatch(key_name)
    if match is None:
        raise ApiError(
            400,
            f"Invalid KMS key name '{key_name}': expected projects/*/locations/*/keyRings/*/cryptoKeys/*.",
        )
    if location is not None:
        _require_place(key_name, match["location"], location.lower())
    _require_grant(cloud, key_name, agent_member)
    return _usable_primary(cloud, key_name)


def require_version(cloud: Cloud, version: str, agent_member: str) -> None:
    """For data that one version encrypted: the service agent must be able to use it, primary or not."""
    if "/cryptoKeyVersions/" not in version:
        require_key(cloud, version, None, agent_member)
        return
    _require_grant(cloud, key_of(version), agent_member, "useToDecrypt")
    versions.usable(cloud, version)


def is_usable(cloud: Cloud, key_name: str, agent_member: str) -> bool:
    """Whether `require_key` would pass, for services that stop rather than refuse."""
    try:
        require_key(cloud, key_name, None, agent_member)
    except ApiError:
        return False
    return True


def _require_place(key_name: str, found: str, location: str) -> None:
    wanted = _KEY_LOCATIONS.get(location, location)
    if found != wanted:
        place = f"'{location}'" if wanted == location else f"'{location}' (to Cloud KMS '{wanted}')"
        raise ApiError(
            400,
            f"The KMS key '{key_name}' is in location '{found}', the resource in {place}; "
            "they must be the same.",
            "FAILED_PRECONDITION",
        )


def _require_grant(cloud: Cloud, key_name: str, member: str, use: str = "useToEncrypt") -> None:
    agent = Caller(member if ":" in member else f"serviceAccount:{member}")
    permission = f"cloudkms.cryptoKeyVersions.{use}"
    if not cloud.iam.allows(agent, permission, "cloudkms", key_name):
        raise ApiError(
            403,
            f"Permission '{permission}' denied on resource '{key_name}' (or it may "
            f"not exist). Grant {agent.member} the role roles/cloudkms.cryptoKeyEncrypterDecrypter on it.",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "IAM_PERMISSION_DENIED",
                    "domain": "iam.googleapis.com",
                    "metadata": {"resource": key_name},
                }
            ],
        )


def _usable_primary(cloud: Cloud, key_name: str) -> str:
    if cloud.store.get("cloudkms", key_name) is None:
        raise ApiError(400, f"CryptoKey {key_name} not found.", "FAILED_PRECONDITION")
    key = keys.load(cloud, key_name)
    if key["purpose"] != "ENCRYPT_DECRYPT":
        raise ApiError(
            400,
            f"CryptoKey {key_name} has purpose {key['purpose']}; ENCRYPT_DECRYPT is needed.",
            "FAILED_PRECONDITION",
        )
    return keys.enabled_primary(cloud, key)
