"""A local cloud in a process of its own, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from localcloud.settings import LocalSettings
from tests.free_ports import free_base

ROOT = Path(__file__).resolve().parents[2]
_INHERITED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV")


@dataclass
class RunningCloud:
    """A server process; `start` and `kill` may alternate, the home stays."""

    settings: LocalSettings
    process: subprocess.Popen[bytes] | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=120, trust_env=False))

    def start(self) -> RunningCloud:
        environ = {key: os.environ[key] for key in _INHERITED if key in os.environ} | {
            "CAREPLANE_HOME": str(self.settings.home.parent),
            "CAREPLANE_PORT_BASE": str(self.settings.port_base),
        }
        self.settings.home.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "localcloud", "serve"],
                cwd=ROOT,
                env=environ,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self._wait()
        return self

    @property
    def log(self) -> Path:
        return self.settings.home / "server.log"

    def _wait(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(
                    f"localcloud ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}"
                )
            try:
                if self.client.get(self.settings.control_url + "/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                time.sleep(0.05)
        raise AssertionError(f"localcloud did not become ready:\n{self.log.read_text()[-4000:]}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process and wait for it; its exit status."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process = None
        return status

    def close(self) -> None:
        self.stop()
        self.client.close()

    @property
    def operator_token(self) -> str:
        return (self.settings.home / "operator-token").read_text().strip()

    def control(self, verb: str, path: str, body: Any = None) -> Any:
        """One call of the control API as the operator."""
        answer = self.client.request(
            verb,
            self.settings.control_url + path,
            json=body,
            headers={"authorization": f"Bearer {self.operator_token}"},
        )
        answer.raise_for_status()
        return answer.json()

    def token(self, member: str, project: str | None = None, *, operator: bool = False) -> str:
        """A token for any identity, optionally calling from inside a project."""
        sent = {"member": member, "project": project, "operator": operator}
        return str(self.control("POST", "/tokens", sent)["token"])

    def request(
        self,
        api: str,
        verb: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """One request to an API, as the operator unless a token is given."""
        sent = {"authorization": f"Bearer {token or self.operator_token}", **(headers or {})}
        return self.client.request(
            verb, self.settings.url(api) + path, json=body, content=content, params=params, headers=sent
        )


def start(folder: Path) -> RunningCloud:
    """A fresh local cloud with the project `careplane-cell`, number 123456789012."""
    cloud = RunningCloud(LocalSettings(ROOT, folder / "localcloud", port_base=free_base()))
    try:
        cloud.start()
        cloud.control("POST", "/projects", {"projectId": "careplane-cell", "projectNumber": "123456789012"})
    except BaseException:
        cloud.close()
        raise
    return cloud
