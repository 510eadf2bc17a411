"""The whole environment of a container: of localcloud's own only what any program needs is inherited."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping

from localcloud import process
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.registry import BEHAVIOURS
from localcloud.run.identity import project_of, workload

_INHERITED = ("PATH", "HOME", "LANG", "TZ", "VIRTUAL_ENV")
_ENDPOINTS = {
    "CLOUDKMS": "cloudkms",
    "HEALTHCARE": "healthcare",
    "LOGGING": "logging",
    "PUBSUB": "pubsub",
    "RUN": "run",
    "SECRETMANAGER": "secretmanager",
    "SQLADMIN": "sqladmin",
    "STORAGE": "storage",
}
_ACCESS = "secretmanager.projects.secrets.versions.access"


def mark(cloud: Cloud) -> str:
    return f"run:{cloud.settings.home}"


def build(
    cloud: Cloud, name: str, email: str, container: Json, fixed: Mapping[str, str], metadata: str
) -> dict[str, str]:
    """For a service or job `name`; `fixed` is what Cloud Run sets, `metadata` the identity server."""
    environment = {key: os.environ[key] for key in _INHERITED if key in os.environ}
    environment |= {
        f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{key}": f"{cloud.settings.url(api)}/"
        for key, api in _ENDPOINTS.items()
    }
    environment |= {
        "GCE_METADATA_HOST": metadata,
        "GCE_METADATA_IP": metadata,
        "PUBSUB_EMULATOR_HOST": cloud.settings.pubsub_grpc,
        "PYTHONUNBUFFERED": "1",
        process.MARK: mark(cloud),
    }
    environment |= {entry["name"]: _value(cloud, name, email, entry) for entry in container.get("env") or []}
    return environment | dict(fixed)


def _value(cloud: Cloud, name: str, email: str, entry: Json) -> str:
    reference = (entry.get("valueSource") or {}).get("secretKeyRef")
    if reference is None:
        return str(entry.get("value") or "")
    return secret(cloud, name, email, reference["secret"], reference.get("version") or "latest")


def secret(cloud: Cloud, name: str, email: str, secret_id: str, version: str) -> str:
    """A secret's text, read as the service's own account: what it may not read stops it from starting."""
    full = secret_id if "/" in secret_id else f"projects/{project_of(name)}/secrets/{secret_id}"
    resource = f"{full}/versions/{version}"
    caller = workload(email, name)
    try:
        cloud.iam.require(caller, "secretmanager.versions.access", "secretmanager", resource)
        call = Call(
            api="secretmanager",
            version="v1",
            method=_ACCESS,
            verb="GET",
            path=f"/v1/{resource}:access",
            name=resource,
            params={"name": resource},
            query={},
            query_list=(),
            headers={},
            body=None,
            raw=b"",
            caller=caller,
            base_url=cloud.settings.url("secretmanager"),
        )
        answer = BEHAVIOURS[_ACCESS](cloud, call)
    except ApiError as error:
        raise ApiError(
            400,
            f"Secret {resource} cannot be read by the service account {email}: {error.message}",
            "FAILED_PRECONDITION",
            reason="SecretsAccessCheckFailed",
        ) from error
    return base64.b64decode(answer["payload"]["data"]).decode()
