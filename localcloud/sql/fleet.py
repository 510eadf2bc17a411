"""All Cloud SQL instances of one local cloud: their servers, who may log in, and that they keep running."""

from __future__ import annotations

import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from localcloud import cmek
from localcloud.api import Caller, Json
from localcloud.cloud import Cloud
from localcloud.percloud import PerCloud
from localcloud.postgres import recovery
from localcloud.postgres.addresses import Address, choose
from localcloud.postgres.binaries import major
from localcloud.postgres.config import Options, Radius
from localcloud.postgres.errors import PostgresError
from localcloud.postgres.server import Server
from localcloud.sql import defaults
from localcloud.sql.radius import Login, RadiusServer
from localcloud.sql.roles import IAM_GROUPS

API = "sqladmin"
_INTERVAL = 1.0
_LONGEST_PAUSE = 30.0
_log = logging.getLogger(__name__)


def instance_name(project: str, instance: str) -> str:
    return f"projects/{project}/instances/{instance}"


def flags(body: Json) -> dict[str, str]:
    return {flag["name"]: flag.get("value", "") for flag in body["settings"].get("databaseFlags", [])}


def _tls_only(body: Json) -> bool:
    ip = body["settings"].get("ipConfiguration", {})
    modes = ("ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED")
    return ip.get("sslMode") in modes or bool(ip.get("requireSsl"))


class Fleet:
    """Servers by instance name. One lock per instance orders what is done to it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.radius = RadiusServer(self.may_log_in)
        self._servers: dict[str, Server] = {}
        self._locks: dict[str, threading.RLock] = {}
        self._pauses: dict[str, tuple[float, float]] = {}
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, name="sql-supervisor", daemon=True)
        self._supervisor.start()

    # -- servers -------------------------------------------------------------

    def lock(self, name: str) -> threading.RLock:
        with self._guard:
            return self._locks.setdefault(name, threading.RLock())

    def names(self) -> list[str]:
        return [
            name for name in self.cloud.store.names(API) if name.count("/") == 3 and "/instances/" in name
        ]

    def body(self, name: str) -> Json | None:
        return self.cloud.store.get(API, name)

    def server(self, name: str, body: Json | None = None) -> Server:
        """The server of an instance, with the options that the instance asks for now."""
        body = body or self.body(name)
        if body is None:
            raise PostgresError(f"{name} is no instance")
        with self._guard:
            server = self._servers.get(name)
            if server is None:
                folder = f"{body['project']}.{body['name']}"
                version = major(body["databaseVersion"])
                server = Server(self.cloud.settings.home, folder, version, self._address(name))
                self._servers[name] = server
        server.options = self._options(name, body)
        return server

    def _options(self, name: str, body: Json) -> Options:
        wanted = flags(body)
        iam = wanted.get("cloudsql.iam_authentication") == "on"
        radius = Radius(self.radius.port, self.radius.secret, name) if iam else None
        return Options(wanted, True, _tls_only(body), radius, tuple(IAM_GROUPS.values()))

    def _address(self, name: str) -> Address:
        kept = self.cloud.store.private(API, name)
        if kept is not None:
            return Address(**json.loads(kept))
        address = choose(
            self.cloud.settings.home, name, [server.address for server in self._servers.values()]
        )
        value = json.dumps({"host": address.host, "port": address.port}).encode()
        self.cloud.store.set_private(API, name, value)
        return address

    def forget(self, name: str) -> None:
        """Delete the server with everything that it holds."""
        with self.lock(name):
            with self._guard:
                server = self._servers.pop(name, None)
            if server is not None:
                server.remove()
            self.cloud.store.set_private(API, name, None)

    def primary_of(self, body: Json) -> str | None:
        master = body.get("masterInstanceName")
        return instance_name(body["project"], master.rpartition(":")[2]) if master else None

    def start(self, name: str) -> None:
        """Start as what the instance is: a primary, or a standby of its primary."""
        body = self.body(name)
        assert body is not None
        server = self.server(name, body)
        master = self.primary_of(body)
        if master is not None:
            recovery.start_standby(self.server(master), server)
        else:
            server.start()

    # -- logins --------------------------------------------------------------

    def may_log_in(self, login: Login) -> bool:
        """Whether the password is a live token of the IAM principal that the user stands for."""
        caller = self.cloud.tokens.caller(login.password)
        if caller is None or self.body(login.instance) is None:
            return False
        expected = {f"serviceAccount:{login.user}.gserviceaccount.com", f"user:{login.user}"}
        if caller.member not in expected:
            return False
        person = Caller(caller.member, caller.project)
        return caller.operator or self.cloud.iam.allows(
            person, "cloudsql.instances.login", API, login.instance
        )

    # -- supervision ---------------------------------------------------------

    def why_down(self, body: Json) -> str | None:
        """The reason why an instance must not run now, if there is one."""
        name = instance_name(body["project"], body["name"])
        if body["settings"].get("activationPolicy") == "NEVER":
            return "stopped by its owner"
        if self._hit("instance-killed", name):
            return "instance-killed"
        if self.cloud.faults.active("region-down", body["region"]):
            return "region-down"
        key = body.get("diskEncryptionConfiguration", {}).get("kmsKeyName")
        if key and not cmek.is_usable(self.cloud, key, service_agent(self.cloud, body["project"])):
            return "KMS_KEY_ISSUE"
        return None

    def _hit(self, kind: str, name: str) -> bool:
        """Whether a fault is set on the instance, by its full or its short name."""
        return any(self.cloud.faults.active(kind, target) for target in (name, name.rpartition("/")[2]))

    def look_after(self, name: str) -> None:
        """Bring one instance to what it should be: running, or not."""
        body = self.body(name)
        if body is None:
            return
        reason = self.why_down(body)
        server = self.server(name, body)
        if reason is not None:
            if server.running:
                _log.warning("%s stops: %s", name, reason)
                server.stop("immediate" if reason in ("instance-killed", "region-down") else "fast")
        else:
            server.cut_off(self._hit("network-cut", name))
            if not server.healthy:
                self._try_start(name)
        self._show_state(name, reason)

    def look_after_now(self, name: str) -> None:
        with self.lock(name):
            self._pauses.pop(name, None)
            self.look_after(name)

    def _try_start(self, name: str) -> None:
        due, pause = self._pauses.get(name, (0.0, 0.5))
        if time.monotonic() < due:
            return
        try:
            _log.warning("%s is not running and is started", name)
            self.start(name)
            self._pauses.pop(name, None)
        except (PostgresError, OSError) as error:
            _log.error("%s does not start: %s", name, error)
            self._pauses[name] = (time.monotonic() + pause, min(pause * 2, _LONGEST_PAUSE))

    def _show_state(self, name: str, reason: str | None) -> None:
        with self.cloud.store.transaction():
            body = self.body(name)
            if body is None:
                return
            state = "SUSPENDED" if reason == "KMS_KEY_ISSUE" else "RUNNABLE"
            if body["state"] == state:
                return
            body["state"] = state
            body.pop("suspensionReason", None)
            if reason:
                body["suspensionReason"] = [reason]
            body["etag"] = defaults.etag()
            self.cloud.store.put(API, name, body)

    def _supervise(self) -> None:
        while not self._ended.wait(_INTERVAL):
            for name in self.names():
                lock = self.lock(name)
                # Whoever holds it is doing something to the instance and will leave it right.
                if not lock.acquire(blocking=False):
                    continue
                try:
                    if not self._ended.is_set():
                        self.look_after(name)
                except Exception:
                    _log.exception("looking after %s", name)
                finally:
                    lock.release()

    def start_all(self) -> None:
        """Primaries first: a standby reads from its primary's folder."""
        names = sorted(self.names(), key=lambda name: "masterInstanceName" in (self.body(name) or {}))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.look_after_now, names))

    def close(self) -> None:
        self._ended.set()
        self._supervisor.join(30)
        self.radius.close()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda server: server.stop(), list(self._servers.values())))


def service_agent(cloud: Cloud, project: str) -> str:
    """The identity with which Cloud SQL uses customer-managed keys."""
    from localcloud import agents, projects

    return agents.agent("sqladmin", projects.number(cloud, project))


_fleets = PerCloud(Fleet)
fleet, existing, close = _fleets.get, _fleets.existing, _fleets.close
