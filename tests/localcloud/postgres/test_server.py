"""Real servers: started, stopped, killed, reached."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from pathlib import Path

import psycopg
import pytest

from localcloud import process
from localcloud.postgres.account import Account
from localcloud.postgres.addresses import choose
from localcloud.postgres.config import Options
from localcloud.postgres.errors import NoAccount, ServerFailed
from localcloud.postgres.server import Server
from tests.localcloud.postgres.conftest import Make


def test_a_server_starts_keeps_its_data_and_stops(make: Make) -> None:
    server = make("one")
    server.ensure_started()
    assert server.create_database("ehr") and not server.create_database("ehr")
    server.execute("CREATE TABLE t AS SELECT 1 AS x", database="ehr")
    server.restart()
    assert server.rows("SELECT x FROM t", database="ehr") == [(1,)]
    pid = server.pid
    server.stop()
    assert not server.running and pid is not None and not process.alive(pid)


def test_what_was_committed_survives_kill_9(make: Make) -> None:
    server = make("one")
    server.ensure_started()
    server.execute("CREATE TABLE t AS SELECT 1 AS x")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    process.wait_gone(server.pid or 0, 5)
    server.ensure_started()
    assert server.rows("SELECT x FROM t") == [(1,)]


def test_children_of_a_killed_server_are_waited_for(make: Make) -> None:
    """A stopped child cannot notice that its postmaster is gone: it keeps the memory until it goes on."""
    server = make("one")
    server.ensure_started()
    with server.connect() as connection:
        child = connection.info.backend_pid
        os.kill(child, signal.SIGSTOP)
        try:
            os.kill(server.pid or 0, signal.SIGKILL)
            process.wait_gone(server.pid or 0, 5)
            threading.Timer(1.0, os.kill, (child, signal.SIGCONT)).start()
            server.ensure_started()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGCONT)
    assert server.rows("SELECT 1") == [(1,)]


def test_a_server_that_another_process_left_running_is_taken_over(
    make: Make, tmp_path: Path, version: int
) -> None:
    first = make("one", Options(tls=False))
    first.ensure_started()
    pid = first.pid
    assert pid is not None
    second = Server(tmp_path, "one", version, first.address, Options(tls=False))
    second.ensure_started()
    assert second.pid != pid and not process.alive(pid)
    second.stop()


def test_clients_are_encrypted_and_can_verify_the_server(make: Make) -> None:
    server = make("one", Options(tls_only=True))
    server.ensure_started()
    server.execute("CREATE ROLE app LOGIN PASSWORD 'p'")
    ca = str(server.folder / "tls" / "ca.crt")
    arguments = {
        "host": server.address.host,
        "port": server.address.port,
        "user": "app",
        "password": "p",
        "dbname": "postgres",
    }
    with psycopg.connect(**arguments, sslmode="verify-full", sslrootcert=ca) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("app",)
    with pytest.raises(psycopg.OperationalError, match="encrypted"):
        psycopg.connect(**arguments, sslmode="disable")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**(arguments | {"password": "wrong"}), sslmode="require")


def test_the_superuser_comes_in_by_the_socket_only(make: Make) -> None:
    server = make("one")
    server.ensure_started()
    with pytest.raises(psycopg.OperationalError, match="rejects connection"):
        psycopg.connect(host=server.address.host, user="cloudsqladmin", dbname="postgres", sslmode="require")


def test_a_folder_that_others_cannot_enter_is_no_obstacle(tmp_path: Path) -> None:
    home = tmp_path / "closed"
    home.mkdir(mode=0o700)
    server = Server(home, "one", 16, choose(home, "one"))
    server.ensure_started()
    assert server.rows("SELECT 1") == [(1,)]
    server.remove()


def test_a_long_path_gets_a_short_socket_folder_that_is_removed(tmp_path: Path) -> None:
    home = tmp_path / ("x" * 120)
    server = Server(home, "one", 16, choose(home, "one"))
    server.ensure_started()
    assert not server.sockets.is_relative_to(home) and server.sockets.exists()
    server.remove()
    assert not server.sockets.exists()


def test_a_wrong_setting_fails_with_the_servers_own_words(make: Make) -> None:
    server = make("one", Options(flags={"work_mem": "lots"}))
    with pytest.raises(ServerFailed, match="work_mem"):
        server.ensure_started()


def test_names_get_the_same_free_address_each_time(tmp_path: Path) -> None:
    first = choose(tmp_path, "a")
    assert first == choose(tmp_path, "a") != choose(tmp_path, "b")
    assert choose(tmp_path, "a", [first]) != first


def test_no_usable_account_is_one_error_that_names_the_folder(tmp_path: Path) -> None:
    error = NoAccount(tmp_path, ["user nobody"])
    assert str(tmp_path) in str(error) and "user nobody" in str(error)
    assert Account((), os.geteuid(), os.getegid()).folder(tmp_path / "f").stat().st_mode & 0o777 == 0o700
