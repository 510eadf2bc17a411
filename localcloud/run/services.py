"""One service at work: its revisions, how traffic is shared among them, its public address."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from localcloud import cmek
from localcloud.agents import agent
from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.projects import number
from localcloud.run import containers, environment
from localcloud.run.backend import BackendGone
from localcloud.run.identity import location_of, project_of, service_account
from localcloud.run.ingress import Ingress
from localcloud.run.logs import LogTail, service_resource
from localcloud.run.revision import Launch, NotReady, Revision

if TYPE_CHECKING:
    from localcloud.run.manager import Manager

LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
_DRAIN_SECONDS = 30.0


def main_container(template: Json) -> Json:
    """The container that takes requests: the one with a port, or the first."""
    found: list[Json] = template.get("containers") or [{}]
    return next((one for one in found if one.get("ports")), found[0])


def minimum(body: Json, template: Json) -> int:
    scaling = (body.get("scaling") or {}).get("minInstanceCount") or 0
    return max(int(scaling), int((template.get("scaling") or {}).get("minInstanceCount") or 0))


def seconds(text: str | None, default: float) -> float:
    return float(text.removesuffix("s")) if text else default


class ServiceRunner:
    def __init__(self, manager: Manager, body: Json) -> None:
        self.cloud: Cloud = manager.cloud
        self.manager = manager
        self.name: str = body["name"]
        self.body = body
        self.lock = threading.RLock()
        """Orders changes of the service; may be held while a process starts."""
        self._guard = threading.Lock()
        self.revisions: dict[str, Revision] = {}
        folder, resource = self.cloud.settings.home / "run", service_resource(self.name)
        # Whose output it is may not depend on a name that another project's service has as well.
        output = folder / "stdout" / f"{'.'.join(self.name.split('/')[1::2])}.log"
        self.output = LogTail(self.cloud, output, resource, project_of(self.name))
        self.logs = LogTail(
            self.cloud, folder / f"{self.short}.log", resource, project_of(self.name), "stderr"
        )
        port = self.cloud.listeners.open(Ingress(self), f"run/{self.name}")
        self.uri = f"http://{self.cloud.settings.address}:{port}"

    @property
    def short(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def timeout(self) -> float:
        return seconds(self.body["template"].get("timeout"), 300.0)

    @property
    def invoker_check(self) -> bool:
        return not self.body.get("invokerIamDisabled")

    # -- revisions -----------------------------------------------------------

    def revision(self, name: str) -> Revision:
        """The running side of a stored revision."""
        with self._guard:
            found = self.revisions.get(name)
            if found is None:
                body = self.cloud.store.get("run", f"{self.name}/revisions/{name}")
                if body is None:
                    raise BackendGone(f"revision {name} does not exist")
                found = self.revisions[name] = self._make(name, body)
            return found

    def _make(self, name: str, template: Json) -> Revision:
        container = main_container(template)
        email = service_account(self.cloud, self.name, template)
        metadata = self.manager.metadata(self.name, email)

        def build(port: int) -> dict[str, str]:
            fixed = {
                "PORT": str(port),
                "K_SERVICE": self.short,
                "K_REVISION": name,
                "K_CONFIGURATION": self.short,
            }
            return environment.build(self.cloud, self.name, email, container, fixed, metadata)

        launch = Launch(
            containers.command(self.cloud, container, ["serve"]),
            build,
            self.cloud.settings.root,
            self.logs.path,
            self.output.path,
            self.cloud.settings.address,
        )
        return Revision(name, container, launch)

    def shares(self) -> list[tuple[str, int]]:
        """(revision, percent) of the traffic; `latest` is the newest revision that became ready."""
        latest = (self.body.get("latestReadyRevision") or "").rpartition("/")[2]
        found = []
        for target in self.body.get("traffic") or [{"type": LATEST, "percent": 100}]:
            name = (target.get("revision") or "").rpartition("/")[2] or latest
            if name and target.get("percent"):
                found.append((name, int(target["percent"])))
        return found

    def pick(self, draw: float) -> str:
        """The name of the revision for one request; `draw` lies in [0, 1)."""
        if self.why_down() is not None:
            raise BackendGone(f"{self.name}: {self.why_down()}")
        shares = self.shares()
        point = draw * sum(percent for _, percent in shares)
        for name, percent in shares:
            point -= percent
            if point < 0:
                return name
        raise BackendGone(f"{self.name} has no ready revision")

    def prepare(self, name: str) -> str | None:
        """Start a new revision to see that it can serve; what went wrong, or None.

        As at Google a template with `healthCheckDisabled` is taken on trust. Where no instance must stay,
        this one ends at once: Google keeps it for up to 15 minutes, but promises nothing.
        """
        template = self.body["template"]
        revision = self.revision(name)
        if template.get("healthCheckDisabled"):
            return None
        try:
            revision.ensure_started()
            if minimum(self.body, template) == 0:
                self.manager.background(revision.rest)
        except NotReady as error:
            with self._guard:
                self.revisions.pop(name).stop(1)
            return f"{error}\nLast lines of the log:\n{error.log}" if error.log else str(error)
        return None

    # -- care ----------------------------------------------------------------

    @property
    def resting(self) -> bool:
        """Scaled to zero: no process runs and none must, so that looking after it can wait."""
        busy = any(revision.running for revision in list(self.revisions.values()))
        return not busy and minimum(self.body, self.body["template"]) == 0

    def why_down(self) -> str | None:
        for kind, target in (("region-down", location_of(self.name)), ("instance-killed", self.name)):
            if self.cloud.faults.active(kind, target):
                return kind
        return None

    @property
    def cut_off(self) -> bool:
        """Whether no request may reach the service; its processes run on."""
        return self.cloud.faults.active("network-cut", self.name) is not None

    def _key_usable(self) -> bool:
        key = self.body["template"].get("encryptionKey")
        return not key or cmek.is_usable(self.cloud, key, run_agent(self.cloud, self.name))

    def look_after_now(self) -> None:
        with self.lock:
            self.look_after(self.manager.idle_seconds)

    def look_after(self, idle_seconds: float) -> None:
        serving = {name for name, _ in self.shares()}
        keep = minimum(self.body, self.body["template"]) > 0
        allowed = self.why_down() is None and self._key_usable()
        for name in serving:
            self.revision(name)
        for name, revision in list(self.revisions.items()):
            revision.allowed = allowed
            revision.look_after(keep and name in serving, idle_seconds if name in serving else 60.0)

    def retire(self) -> None:
        """After a change: what no longer gets traffic ends when its requests have."""
        serving = {name for name, _ in self.shares()}
        with self._guard:
            gone = [self.revisions.pop(name) for name in list(self.revisions) if name not in serving]
        for revision in gone:
            self.manager.background(partial(revision.drain, _DRAIN_SECONDS))

    def close(self, address_too: bool) -> None:
        if address_too:
            self.cloud.listeners.close(f"run/{self.name}")
        with self._guard:
            revisions, self.revisions = list(self.revisions.values()), {}
        for revision in revisions:
            revision.stop()
        self.forward()

    def forward(self) -> None:
        """Hand on what the revisions wrote."""
        self.output.forward()
        self.logs.forward()


def run_agent(cloud: Cloud, name: str) -> str:
    """Cloud Run's own identity, which uses customer-managed keys."""
    return agent("run", number(cloud, project_of(name)))
