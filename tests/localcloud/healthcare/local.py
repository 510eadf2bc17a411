"""A local cloud without its server: calls go through routing to the behaviours."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import localcloud.services.cloudkms
import localcloud.services.healthcare
import localcloud.services.pubsub
import localcloud.services.pubsub_subscriptions  # noqa: F401
from localcloud import generic
from localcloud.api import ApiError, Call, Caller, Reply
from localcloud.cloud import Cloud, SystemClock
from localcloud.iam import StoredIam
from localcloud.registry import BEHAVIOURS
from localcloud.routing import router
from localcloud.settings import LocalSettings
from localcloud.store import Store

OPERATOR = Caller("user:operator@careplane.test", None, True)
PROJECT = "careplane-cell"
PARENT = f"projects/{PROJECT}/locations/europe-west3"
DATASET = f"{PARENT}/datasets/riverside"
EHR = f"{DATASET}/fhirStores/ehr"


class _Nothing:
    """Tokens, listeners and faults that nothing here asks for."""

    def mint(self, caller: Caller, seconds: int = 3600) -> str:
        raise NotImplementedError

    def caller(self, token: str) -> Caller | None:
        raise NotImplementedError

    def open(self, app: Any, key: str) -> int:
        raise NotImplementedError

    def close(self, key: str) -> None:
        raise NotImplementedError

    def spawn(self, coroutine: Any) -> Future[Any]:
        raise NotImplementedError

    any = False

    def active(self, kind: str, target: str) -> dict[str, Any] | None:
        return None


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True)
class Local:
    cloud: Cloud
    caller: Caller = OPERATOR

    def as_(self, member: str) -> Local:
        return replace(self, caller=Caller(member, PROJECT))

    def send(self, verb: str, path: str, body: Any = None, api: str = "healthcare", **headers: str) -> Answer:
        """One request; `path` begins after the version."""
        path, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        full = f"/v1/{path}"
        match = router(api).match(verb, full)
        assert match is not None, (verb, full)
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        call = Call(
            api,
            "v1",
            match.method.id,
            verb,
            full,
            match.name,
            match.params,
            dict(pairs),
            pairs,
            named,
            None if isinstance(body, bytes) else body,
            raw,
            self.caller,
            self.cloud.settings.url(api),
        )
        try:
            result = BEHAVIOURS.get(call.method, generic.run)(self.cloud, call)
        except ApiError as error:
            return Answer(error.code, error.body(), {})
        if not isinstance(result, Reply):
            return Answer(200, result, {})
        parsed = json.loads(result.body) if isinstance(result.body, bytes) and result.body else result.body
        return Answer(result.status, parsed, dict(result.headers))

    def ok(self, verb: str, path: str, body: Any = None, api: str = "healthcare", **headers: str) -> Any:
        answer = self.send(verb, path, body, api, **headers)
        assert answer.status < 300, answer
        return answer.body

    def grant(self, api: str, name: str, role: str, *members: str) -> None:
        policy = self.cloud.store.policy(api, name) or {"bindings": []}
        policy["bindings"].append({"role": role, "members": list(members)})
        self.cloud.store.set_policy(api, name, policy)


def make_local(home: Path) -> Local:
    home.mkdir(parents=True, exist_ok=True)
    store, clock, nothing = Store(home / "state.sqlite3"), SystemClock(), _Nothing()
    store.put(
        "cloudresourcemanager", f"projects/{PROJECT}", {"projectId": PROJECT, "projectNumber": "123456789012"}
    )
    settings = LocalSettings(Path(__file__).resolve().parents[3], home)
    return Local(Cloud(settings, store, clock, nothing, StoredIam(store, clock), nothing, nothing))
