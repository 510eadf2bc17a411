"""All Cloud Run services of one local cloud and the thread that looks after them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from localcloud import process
from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.percloud import PerCloud
from localcloud.run import environment
from localcloud.run.metadata import MetadataServer
from localcloud.run.services import ServiceRunner

API = "run"
_INTERVAL = 0.5
_RESTING = 10
"""Services scaled to zero are looked after so many times less often."""
_IDLE_SECONDS = 900.0
_log = logging.getLogger(__name__)


class Manager:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.services: dict[str, ServiceRunner] = {}
        self._metadata: dict[str, str] = {}
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="run")
        self._thread = threading.Thread(target=self._run, name="run-supervisor", daemon=True)
        self._thread.start()

    @property
    def idle_seconds(self) -> float:
        """How long a revision without minimum instances stays up; private value `idle-seconds`."""
        value = self.cloud.store.private(API, "idle-seconds")
        return float(value) if value else _IDLE_SECONDS

    def service_names(self) -> list[str]:
        return [name for name in self.cloud.store.names(API) if name.split("/")[-2] == "services"]

    def start_all(self) -> None:
        """Bring back every service's address; processes follow later, as they need this server's APIs."""
        process.end_strays(environment.mark(self.cloud))
        for name in self.service_names():
            body = self.cloud.store.get(API, name)
            assert body is not None
            runner = self.runner(name, body)
            if runner.uri != body.get("uri"):
                self.cloud.store.put(API, name, body | {"uri": runner.uri, "urls": [runner.uri]})

    def runner(self, name: str, body: Json | None = None) -> ServiceRunner:
        with self._lock:
            found = self.services.get(name)
            if found is None:
                if body is None:
                    raise KeyError(name)
                found = self.services[name] = ServiceRunner(self, body)
            return found

    def remove(self, name: str) -> None:
        with self._lock:
            runner = self.services.pop(name, None)
        if runner is not None:
            runner.close(address_too=True)

    def metadata(self, name: str, email: str) -> str:
        """`host:port` of the metadata server for an account in the project and place of a service or job."""
        _, project, _, location, *_ = name.split("/")
        key = f"metadata/{project}/{location}/{email}"
        with self._lock:
            if key not in self._metadata:
                port = self.cloud.listeners.open(MetadataServer(self.cloud, project, location, email), key)
                self._metadata[key] = f"{self.cloud.settings.address}:{port}"
            return self._metadata[key]

    def background(self, work: Callable[[], None]) -> None:
        self._pool.submit(work)

    def _run(self) -> None:
        busy: set[str] = set()
        turn = 0
        while not self._ended.wait(_INTERVAL):
            turn += 1
            for number, (name, runner) in enumerate(list(self.services.items())):
                # A different tenth at each turn, so that a hundred of them are no burst.
                if name not in busy and ((turn + number) % _RESTING == 0 or not runner.resting):
                    busy.add(name)
                    self._pool.submit(self._look_after, name, runner, busy)

    def _look_after(self, name: str, runner: ServiceRunner, busy: set[str]) -> None:
        try:
            if not self._ended.is_set() and runner.lock.acquire(blocking=False):
                try:
                    runner.look_after(self.idle_seconds)
                finally:
                    runner.lock.release()
            runner.forward()
        except ApiError as error:
            _log.warning("%s: %s", name, error.message)
        except Exception:
            _log.exception("looking after %s", name)
        finally:
            busy.discard(name)

    def close(self) -> None:
        self._ended.set()
        self._thread.join(10)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda runner: runner.close(address_too=False), list(self.services.values())))
        self._pool.shutdown(wait=True, cancel_futures=True)


_managers = PerCloud(Manager)
manager, existing, close = _managers.get, _managers.existing, _managers.close
