"""Keys that lie with an external manager behind a connection: https://cloud.google.com/kms/docs/ekm"""

from __future__ import annotations

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud

API = "cloudkms"
EXTERNAL_VPC = "EXTERNAL_VPC"
SYMMETRIC = "EXTERNAL_SYMMETRIC_ENCRYPTION"


def require(cloud: Cloud, connection: str) -> None:
    """Raise Google's refusal where the external manager cannot be asked."""
    cut = cloud.faults.active("network-cut", connection) or cloud.faults.active("key-disabled", connection)
    if cut is None and cloud.store.get(API, connection) is not None:
        return
    raise ApiError(
        400,
        f"The external key manager behind {connection} cannot be reached.",
        "FAILED_PRECONDITION",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                "violations": [{"type": "EKM_CONNECTION_UNAVAILABLE", "subject": connection}],
            }
        ],
    )


def keys_behind(cloud: Cloud, connection: str) -> list[str]:
    """Names of the crypto keys whose material the connection leads to."""
    if "/ekmConnections/" not in connection:
        return []
    names = [name for name in cloud.store.names(API) if "/cryptoKeys/" in name and name.count("/") == 7]
    return [
        name for name in names if (cloud.store.get(API, name) or {}).get("cryptoKeyBackend") == connection
    ]


def check(cloud: Cloud, key: Json, first_version: bool) -> None:
    """What a key of this level needs: a connection of its location, and Google's word for its algorithm."""
    template = key["versionTemplate"]
    backend = key.get("cryptoKeyBackend")
    if template["protectionLevel"] != EXTERNAL_VPC:
        if backend:
            raise ApiError(400, f"cryptoKeyBackend: only with protection level {EXTERNAL_VPC}.")
        return
    if not backend:
        raise ApiError(400, f"cryptoKeyBackend: a key of protection level {EXTERNAL_VPC} needs one.")
    connection = cloud.store.get(API, backend)
    if connection is None:
        raise ApiError(400, f"cryptoKeyBackend: {backend} does not exist.", "FAILED_PRECONDITION")
    if backend.split("/")[3] != key["name"].split("/")[3]:
        raise ApiError(400, f"cryptoKeyBackend: {backend} must be in the key's location.")
    if key["purpose"] == "ENCRYPT_DECRYPT" and template["algorithm"] != SYMMETRIC:
        raise ApiError(400, f"Algorithm {template['algorithm']} is not allowed here; allowed: {SYMMETRIC}")
    if key.get("rotationPeriod") and connection["keyManagementMode"] != "CLOUD_KMS":
        raise ApiError(400, "rotationPeriod: only where Cloud KMS manages the external keys (CLOUD_KMS).")
    if first_version and connection["keyManagementMode"] != "CLOUD_KMS":
        raise ApiError(
            400,
            f"{backend} is managed by hand (keyManagementMode MANUAL): set skipInitialVersionCreation, and "
            "create the version with externalProtectionLevelOptions.ekmConnectionKeyPath.",
            "FAILED_PRECONDITION",
        )


def version_fields(cloud: Cloud, key: Json, given: Json) -> Json:
    """`externalProtectionLevelOptions` of a new version; Cloud KMS chooses the path where it manages them."""
    backend = key.get("cryptoKeyBackend")
    if key["versionTemplate"]["protectionLevel"] != EXTERNAL_VPC or not backend:
        options = given.get("externalProtectionLevelOptions")
        return {"externalProtectionLevelOptions": options} if options else {}
    require(cloud, backend)
    connection = cloud.store.get(API, backend) or {}
    path = (given.get("externalProtectionLevelOptions") or {}).get("ekmConnectionKeyPath")
    if connection["keyManagementMode"] == "MANUAL" and not path:
        raise ApiError(
            400,
            "externalProtectionLevelOptions.ekmConnectionKeyPath: a version behind a connection needs one.",
        )
    if connection["keyManagementMode"] == "CLOUD_KMS" and path:
        raise ApiError(400, "ekmConnectionKeyPath: Cloud KMS chooses it where it manages the external keys.")
    stem = str(connection.get("cryptoSpacePath", "")).strip("/")
    return {"externalProtectionLevelOptions": {"ekmConnectionKeyPath": path or f"{stem}/{key['name']}"}}
