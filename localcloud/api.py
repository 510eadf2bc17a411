"""What a behaviour receives and answers: one API call, its reply and Google's error shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Who calls: `member` as IAM writes it (`user:…`, `serviceAccount:…`).

    `project` is the project id the call comes from (a Cloud Run workload), or
    None when it comes from outside every perimeter. `operator` is the person
    at the laptop, owner of the local organisation.
    """

    member: str
    project: str | None = None
    operator: bool = False


@dataclass(frozen=True)
class Call:
    """One request to one API, matched to a discovery method.

    `method` is the discovery id without version (`cloudkms.projects.locations.keyRings.create`);
    `params` are the decoded path parameters: flat ones (`keyRingsId`, `project`) and reserved ones in
    full (`name`, `parent`, `resource`). `name` is what the path addresses, without version and custom
    verb, project numbers replaced by ids: a resource (`projects/p/topics/t`), or for create and list
    the collection (`projects/p/locations/l/keyRings`, `projects/p/global/networks`).
    `query` has every key also in camelCase, last value wins; `query_list` is what was sent.
    `body` is the decoded JSON, None when there was none or the method takes other bytes (`raw`).
    """

    api: str
    version: str
    method: str
    verb: str
    path: str
    name: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    query_list: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Any
    raw: bytes
    caller: Caller
    base_url: str = ""
    """Root address of the API as the caller sees it, without a trailing slash."""

    @property
    def action(self) -> str:
        """Last part of the method id: `create`, `setIamPolicy`."""
        return self.method.rpartition(".")[2]

    @property
    def parent(self) -> str:
        """`name` without its last segment: of a collection, the resource that holds it."""
        return self.name.rpartition("/")[0]

    @property
    def project(self) -> str | None:
        """The project id in `name`."""
        parts = self.name.split("/")
        return parts[1] if parts[0] == "projects" and len(parts) > 1 else None


@dataclass(frozen=True)
class Reply:
    """An answer that is not plain JSON 200: own status, headers or bytes."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """An error in Google's shape (https://cloud.google.com/apis/design/errors)."""

    def __init__(
        self,
        code: int,
        message: str,
        status: str | None = None,
        reason: str | None = None,
        details: list[Json] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or _STATUS.get(code, "UNKNOWN")
        self.reason = reason or self.status
        self.details = details or []

    def body(self) -> Json:
        error: Json = {"code": self.code, "message": self.message, "status": self.status}
        error["errors"] = [{"message": self.message, "domain": "global", "reason": self.reason}]
        if self.details:
            error["details"] = self.details
        return {"error": error}


def not_found(name: str) -> ApiError:
    return ApiError(404, f"Resource '{name}' was not found.", reason="notFound")


def already_exists(name: str) -> ApiError:
    return ApiError(409, f"Resource '{name}' already exists.", reason="alreadyExists")
