"""Projects: the one stable number each has, whether it is known, and what is above it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.store import Store
from localcloud.timestamps import stamp

API = "cloudresourcemanager"
ORGANIZATION = "organizations/111"
"""The organisation that always exists."""

_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_numbers: dict[tuple[int, int], dict[str, str]] = {}


def derived_number(project_id: str) -> str:
    """Twelve digits, stable per id."""
    digest = int.from_bytes(hashlib.sha256(project_id.encode()).digest()[:8], "big")
    return str(100_000_000_000 + digest % 900_000_000_000)


def number(cloud: Cloud, project_id: str) -> str:
    """The project's number; for a project that is not known the one it would get."""
    if project_id.isdigit():
        return project_id
    body = cloud.store.get(API, f"projects/{project_id}")
    return str(body["projectNumber"]) if body else derived_number(project_id)


def project_id(cloud: Cloud, id_or_number: str) -> str:
    """The id of a project given by id or number; an unknown number is returned as it is."""
    return normal_id(cloud.store, id_or_number)


def normal_id(store: Store, id_or_number: str) -> str:
    if not id_or_number.isdigit():
        return id_or_number
    return _ids(store).get(id_or_number, id_or_number)


def _ids(store: Store) -> dict[str, str]:
    key = (id(store), store.changes)
    if key not in _numbers:
        _numbers.clear()
        _numbers[key] = {p["projectNumber"]: p["projectId"] for p in store.list(API, "", "projects")}
    return _numbers[key]


def normalise(store: Store, text: str) -> str:
    """A resource name with `projects/NUMBER` replaced by the id."""
    return re.sub(r"(^|/)projects/(\d+)(?=/|$)", lambda m: f"{m[1]}projects/{normal_id(store, m[2])}", text)


def create(
    cloud: Cloud,
    project: str,
    *,
    parent: str = ORGANIZATION,
    number: str | None = None,
    display_name: str | None = None,
    labels: dict[str, str] | None = None,
) -> Json:
    """Make a project known. The state holds one form; each API version shows its own."""
    if not _ID.fullmatch(project):
        raise ApiError(
            400,
            f"Request contains an invalid argument: project_id {project!r} must be 6 to 30 lowercase "
            "letters, digits or hyphens, begin with a letter and not end with a hyphen.",
        )
    if cloud.store.get(API, f"projects/{project}"):
        raise ApiError(409, f"Requested entity already exists: project {project}.", "ALREADY_EXISTS")
    now = stamp(cloud.clock.now())
    body: Json = {
        "projectId": project,
        "projectNumber": number or derived_number(project),
        "parent": parent,
        "state": "ACTIVE",
        "displayName": display_name or project,
        "labels": labels or {},
        "createTime": now,
        "updateTime": now,
    }
    cloud.store.put(API, f"projects/{project}", body)
    return body


def require(cloud: Cloud, project: str) -> Json:
    """The project, if it is known and not being deleted; otherwise 403, as Google does not tell which."""
    body = cloud.store.get(API, f"projects/{project}")
    if body is None or body["state"] != "ACTIVE":
        raise ApiError(
            403,
            f"Permission denied on resource project {project} (it does not exist here, or is deleted).",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "CONSUMER_INVALID",
                    "domain": "googleapis.com",
                    "metadata": {"consumer": f"projects/{project}"},
                }
            ],
        )
    return body


def is_organization(name: str) -> bool:
    """Any number is an organisation of the operator's: places of several can stand side by side."""
    return re.fullmatch(r"organizations/\d+", name) is not None


def organization_of(store: Store, name: str) -> str:
    """The organisation at the top of a project or folder."""
    return next((each for each in ancestors(store, name) if is_organization(each)), ORGANIZATION)


def ancestors(store: Store, name: str) -> Iterator[str]:
    """A project, folder or organisation and all that is above it, lowest first."""
    seen = 0
    while name and seen < 20:
        yield name
        if name.startswith("organizations/"):
            return
        body = store.get(API, name)
        name = str(body.get("parent") or "") if body else ""
        seen += 1
