"""The metadata server of one identity (https://cloud.google.com/run/docs/container-contract#metadata-server).

On Google each container reaches its own server only. Here all are ports of one machine: a program that seeks
the port of another identity's server finds it and is given its token. Nothing on loopback can prevent that
between processes of one user, who could read each other's memory as well; so isolation of workloads from each
other's identity is proven by what each identity may do, not by what a hostile workload may reach.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from localcloud import projects
from localcloud.api import Caller
from localcloud.cloud import Cloud
from localcloud.run import idtoken

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_LIFETIME = 3600
_RENEW_BEFORE = 300
_FLAVOR = (b"metadata-flavor", b"Google")


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    kind: str = "text/plain"


_MISSING = Answer(404, "not found\n")


class MetadataServer:
    """An ASGI app that knows one service account of one project in one region."""

    def __init__(self, cloud: Cloud, project: str, location: str, email: str) -> None:
        self.cloud, self.project, self.location, self.email = cloud, project, location, email
        self._token: tuple[str, float] | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        answer = self.answer(scope["path"], scope["query_string"].decode(), scope["headers"])
        headers = [
            _FLAVOR,
            (b"server", b"Metadata Server for Cloud Run"),
            (b"content-type", answer.kind.encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.text.encode()})

    def answer(self, path: str, query: str, headers: list[tuple[bytes, bytes]]) -> Answer:
        found = dict(headers)
        # Google refuses what a confused proxy or a browser might send.
        if found.get(b"metadata-flavor", b"").lower() != b"google":
            return Answer(403, "Missing Metadata-Flavor:Google header.\n")
        if b"x-forwarded-for" in found:
            return Answer(403, "X-Forwarded-For is not allowed.\n")
        parts = [part for part in path.split("/") if part]
        if not parts:
            return Answer(200, "computeMetadata/\n", "application/text")
        if parts[:2] != ["computeMetadata", "v1"]:
            return _MISSING
        return self._v1(parts[2:], {key: values[-1] for key, values in parse_qs(query).items()})

    def _v1(self, parts: list[str], query: dict[str, str]) -> Answer:
        if parts[:2] == ["instance", "service-accounts"]:
            return self._accounts(parts[2:], query)
        number = projects.number(self.cloud, self.project)
        texts = {
            "project/project-id": self.project,
            "project/numeric-project-id": number,
            "instance/region": f"projects/{number}/regions/{self.location}",
            "instance/zone": f"projects/{number}/zones/{self.location}-1",
            "instance/id": f"{abs(hash((self.project, self.location, self.email))):x}",
            "universe/universe-domain": "googleapis.com",
        }
        text = texts.get("/".join(parts))
        return Answer(200, text) if text is not None else _MISSING

    def _accounts(self, parts: list[str], query: dict[str, str]) -> Answer:
        if not parts:
            return Answer(200, f"default/\n{self.email}/\n")
        if parts[0] not in ("default", self.email) or self._disabled():
            return _MISSING
        match parts[1:]:
            case []:
                return self._account(query)
            case ["email"]:
                return Answer(200, self.email)
            case ["scopes"]:
                return Answer(200, "\n".join(_SCOPES))
            case ["aliases"]:
                return Answer(200, "default")
            case ["token"]:
                return Answer(200, json.dumps(self.token()), "application/json")
            case ["identity"]:
                return self._identity(query)
        return _MISSING

    def _account(self, query: dict[str, str]) -> Answer:
        if query.get("recursive", "").lower() != "true":
            return Answer(200, "aliases\nemail\nidentity\nscopes\ntoken\n")
        body = {"aliases": ["default"], "email": self.email, "scopes": list(_SCOPES)}
        return Answer(200, json.dumps(body), "application/json")

    def _identity(self, query: dict[str, str]) -> Answer:
        if not query.get("audience"):
            return Answer(400, "non-empty audience parameter required\n")
        return Answer(200, idtoken.mint(self.cloud, self.email, query["audience"]))

    def _disabled(self) -> bool:
        project = self.email.partition("@")[2].partition(".")[0]
        body = self.cloud.store.get("iam", f"projects/{project}/serviceAccounts/{self.email}")
        return bool(body and body.get("disabled"))

    def token(self) -> dict[str, Any]:
        """An access token; the same one until it is about to expire."""
        with self._lock:
            now = self.cloud.clock.now().timestamp()
            if self._token is None or self._token[1] - now < _RENEW_BEFORE:
                caller = Caller(f"serviceAccount:{self.email}", self.project)
                self._token = (self.cloud.tokens.mint(caller, _LIFETIME), now + _LIFETIME)
            token, expires = self._token
        return {"access_token": token, "expires_in": max(1, int(expires - now)), "token_type": "Bearer"}
