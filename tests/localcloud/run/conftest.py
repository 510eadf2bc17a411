"""A server whose image `test/echo` is the program beside this file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from localcloud.store import Store
from tests.localcloud.running import RunningCloud

LOCATION = "projects/careplane-cell/locations/europe-west3"
ECHO = Path(__file__).with_name("echo.py")


@dataclass
class CloudRun:
    """Calls of the Run API on a running cloud; what it makes is removed at the end."""

    cloud: RunningCloud
    made: list[str] = field(default_factory=list)

    def call(self, verb: str, path: str, body: Any = None, **params: str) -> dict[str, Any]:
        answer = self.cloud.request("run", verb, f"/v2/{path}", body, params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def template(self, *args: str, env: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        container = {
            "image": "test/echo",
            "args": list(args),
            "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
        }
        return {"containers": [{**container, **more.pop("container", {})}], **more}

    def deploy(self, name: str, template: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        body = {"template": template or self.template(), "invokerIamDisabled": True, **more}
        operation = self.call("POST", f"{LOCATION}/services", body, serviceId=name)
        self.made.append(f"{LOCATION}/services/{name}")
        return operation

    def job(self, name: str, task: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"template": {"template": {"maxRetries": 0, **task}}, **more}
        operation = self.call("POST", f"{LOCATION}/jobs", body, jobId=name)
        self.made.append(f"{LOCATION}/jobs/{name}")
        return operation

    def get(self, url: str, path: str = "/", **more: Any) -> httpx.Response:
        return self.cloud.client.get(url + path, **more)

    def private(self, key: str, value: bytes | None) -> None:
        store = Store(self.cloud.settings.state_file)
        store.set_private("run", key, value)
        store.close()


def register(cloud: RunningCloud) -> CloudRun:
    run = CloudRun(cloud)
    run.private("images", json.dumps({"test/echo": [sys.executable, str(ECHO)]}).encode())
    return run


@pytest.fixture
def run(localcloud: RunningCloud) -> Iterator[CloudRun]:
    found = register(localcloud)
    yield found
    for name in found.made:
        localcloud.request("run", "DELETE", f"/v2/{name}")


@pytest.fixture
def fresh_run(fresh_localcloud: RunningCloud) -> CloudRun:
    return register(fresh_localcloud)
