"""One PostgreSQL server: its folder, its process, its connections.

    server = Server(home, "fhir", 16, choose(home, "fhir"))
    server.ensure_started()
    server.create_database("ehr")
    with server.connect("ehr") as connection: ...
    server.dsn("ehr")        # for a pool: superuser over the unix socket
    server.stop()

Everything of a server lies in `<home>/postgres/<name>/`: `data`, `archive` (WAL), `backups`, `tls`,
`postgresql.conf`, `pg_hba.conf`, `server.log`. Every method may be called from any thread.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from localcloud import process
from localcloud.postgres import sockets
from localcloud.postgres.account import Account, account_for
from localcloud.postgres.addresses import Address
from localcloud.postgres.binaries import programs
from localcloud.postgres.config import ADMIN, Options, conf_text, hba_text, server_settings
from localcloud.postgres.errors import ServerFailed
from localcloud.postgres.front import Front
from localcloud.postgres.superuser import Superuser
from localcloud.postgres.tls import Identity, make_identity

_START_SECONDS = 60.0
_LEFTOVER_SECONDS = 15.0
_STILL_THERE = "pre-existing shared memory block"
"""PostgreSQL's words while children of a killed postmaster have not noticed yet that it is gone."""


def _locale(number: int) -> list[str]:
    """C order with Unicode case rules: the same everywhere, whatever locales the system has."""
    if number >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.lower()
    return ["--locale=C.UTF-8" if "c.utf" in known else "--locale=C"]


class Server(Superuser):
    """A server that may be running or not; the files are the truth."""

    def __init__(
        self,
        home: Path,
        name: str,
        version: int,
        address: Address,
        options: Options | None = None,
    ) -> None:
        self.home = home.resolve()
        self.name = name
        self.version = version
        self.address = address
        self.options = options or Options()
        self.folder = self.home / "postgres" / name
        self.data = self.folder / "data"
        self.archive = self.folder / "archive"
        self.log = self.folder / "server.log"
        self.sockets = sockets.place(self.home, name)
        self._child: subprocess.Popen[bytes] | None = None
        self._front = Front(self.folder, address)
        self._lock = threading.RLock()
        self._cut = False

    # -- files ---------------------------------------------------------------

    @property
    def account(self) -> Account:
        top = self.home / "postgres"
        top.mkdir(parents=True, exist_ok=True)
        return account_for(top, programs(self.version) / "postgres")

    @property
    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def prepare(self) -> None:
        """Folders, TLS identity; nothing that is there is touched."""
        for path in (self.folder, self.archive, self.folder / "backups", self.folder / "tls"):
            self.account.folder(path)
        if not (self.folder / "tls" / "server.key").exists():
            self.write_identity(make_identity(self.name, self.address.host))

    def write_identity(self, identity: Identity) -> None:
        texts = {
            "ca.crt": identity.ca_certificate,
            "server.crt": identity.certificate,
            "server.key": identity.key,
        }
        for name, text in texts.items():
            self._write(self.folder / "tls" / name, text)

    def ca_certificate(self) -> str:
        return (self.folder / "tls" / "ca.crt").read_text()

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o600)
        self.account.own(path)

    def configure(self, extra: Mapping[str, str] | None = None) -> None:
        """Write both configuration files; `extra` are settings of a recovery."""
        settings = server_settings(self.folder, self.sockets, self.address, self.version, self.options)
        self._write(self.folder / "postgresql.conf", conf_text({**settings, **(extra or {})}))
        self._write(self.folder / "pg_hba.conf", hba_text(self.options))

    def signal_file(self, name: str, present: bool) -> None:
        """`recovery.signal` or `standby.signal`, which tell PostgreSQL how to begin."""
        path = self.data / name
        if present:
            self._write(path, "")
        else:
            path.unlink(missing_ok=True)

    def run_program(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs as the server's user; its output, or ServerFailed."""
        command = [*self.account.prefix, str(programs(self.version) / program), *arguments]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGTZ": "UTC"}
        result = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", env=environment
        )
        if result.returncode:
            raise ServerFailed(program, result.stdout + result.stderr)
        return result.stdout

    def initialise(self) -> None:
        """Make an empty cluster if there is none."""
        with self._lock:
            if self.exists:
                return
            self.prepare()
            shutil.rmtree(self.data, ignore_errors=True)
            self.run_program(
                "initdb",
                f"--pgdata={self.data}",
                f"--username={ADMIN}",
                "--auth=trust",
                "--encoding=UTF8",
                "--wal-segsize=1",
                "--data-checksums",
                *_locale(self.version),
            )

    # -- process -------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def healthy(self) -> bool:
        """Running, and clients can reach it unless they are to be cut off."""
        return self.running and (not self.options.tls or self._cut or self._front.running)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self.running else None

    def ensure_started(self) -> None:
        """Make the cluster if need be and start it; returns when it takes connections."""
        with self._lock:
            self.initialise()
            self.start()

    def start(self, extra: Mapping[str, str] | None = None) -> None:
        """Start; returns when it takes connections (a standby: read-only ones)."""
        with self._lock:
            if self.healthy:
                return
            if self.running:
                return self.restart_front()
            self._front.stop()
            self._end_leftover()
            self.prepare()
            sockets.make(self.sockets, self.account)
            self.configure(extra)
            self._launch()
            self.restart_front()

    def _launch(self) -> None:
        """Start the process; after a killed one it waits until the last of that one's children are gone."""
        deadline = time.monotonic() + _LEFTOVER_SECONDS
        command = [*process.dies_with_parent("INT"), *self._command()]
        while True:
            begin = self.log.stat().st_size if self.log.exists() else 0
            with open(self.log, "ab") as log:
                self._child = process.spawn(command, env=self._environment(), log=log, cwd=Path("/"))
            try:
                return self._wait_ready(begin)
            except ServerFailed as failed:
                if _STILL_THERE not in str(failed) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def restart_front(self) -> None:
        """Apply a changed `tls_only` or a new certificate."""
        with self._lock:
            self._front.stop()
            if self.running and self.options.tls and not self._cut:
                self._front.start(self._environment(), tls_only=self.options.tls_only)

    def cut_off(self, wanted: bool) -> None:
        """Drop the clients' connections and refuse new ones, or let them in again; the server runs on."""
        with self._lock:
            if wanted != self._cut:
                self._cut = wanted
                self.restart_front()

    def _command(self) -> list[str]:
        program = str(programs(self.version) / "postgres")
        return [
            *self._prefix(),
            program,
            "-D",
            str(self.data),
            "-c",
            f"config_file={self.folder}/postgresql.conf",
        ]

    def _prefix(self) -> list[str]:
        # setpriv clears the parent-death signal when it changes the user; it must set it itself.
        prefix = list(self.account.prefix)
        if prefix and prefix[0] == "setpriv" and process.dies_with_parent("INT"):
            prefix.insert(1, "--pdeathsig=INT")
        return prefix

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            process.MARK: f"postgres:{self.folder}",
        }

    def _wait_ready(self, log_from: int) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise ServerFailed("postgres", self.log_since(log_from))
            with contextlib.suppress(psycopg.OperationalError), self.connect(connect_timeout=2):
                return
            time.sleep(0.02)
        self.stop("immediate")
        raise ServerFailed("postgres", self.log_since(log_from))

    def log_since(self, offset: int) -> str:
        if not self.log.exists():
            return ""
        with open(self.log, "rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")

    def _end_leftover(self) -> None:
        """End a postmaster that a killed localcloud left on our data; it would hold address and files."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        lines = lock.read_text().splitlines()
        if len(lines) < 2 or not lines[0].isdigit() or lines[1] != str(self.data):
            return
        pid = int(lines[0])
        for number, seconds in ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0)):
            if not (process.alive(pid) and self._is_ours(pid)):
                return
            os.kill(pid, number)
            process.wait_gone(pid, seconds)

    def _is_ours(self, pid: int) -> bool:
        command = Path(f"/proc/{pid}/cmdline")
        if not command.exists():
            return not Path("/proc/self").exists()
        return str(self.data).encode() in command.read_bytes()

    def stop(self, mode: str = "fast") -> None:
        """End the server: `fast` rolls back and writes a checkpoint, `immediate` is like a crash."""
        with self._lock:
            self._front.stop()
            child, self._child = self._child, None
            if child is not None and child.poll() is None:
                child.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
                try:
                    child.wait(30)
                except subprocess.TimeoutExpired:
                    child.send_signal(signal.SIGQUIT)
                    child.wait(10)
            else:
                self._end_leftover()
            sockets.remove(self.sockets, self.home)

    def restart(self) -> None:
        with self._lock:
            self.stop()
            self.start()

    def reload(self) -> None:
        """Apply a changed configuration that needs no restart."""
        with self._lock:
            self.configure()
            if self._child is not None and self.running:
                self._child.send_signal(signal.SIGHUP)

    def remove(self) -> None:
        """Stop and delete everything of this server."""
        with self._lock:
            self.stop("immediate")
            shutil.rmtree(self.folder, ignore_errors=True)
