"""The numbered writer against a small real server: what is acknowledged, logged, found again and removed."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbooks.errors import ActivityError
from runbooks.stack import Stack
from runbooks.writer import LOG, Writer, access_token, logged


class Service(http.server.BaseHTTPRequestHandler):
    """Keeps a `Basic` a key; says what the test wants it to say."""

    protocol_version = "HTTP/1.1"
    made: dict[str, dict[str, Any]] = {}
    gone: set[str] = set()
    answer = 201
    silent_after_commit = False

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        if self.answer == 201:
            body.setdefault("id", f"id-{key}")
            self.made.setdefault(key, body)
        if self.silent_after_commit:
            self.close_connection = True
            return
        self._say(self.answer, json.dumps(self.made.get(key, {})).encode())

    def do_DELETE(self) -> None:
        self.gone.add(self.path.rsplit("/", 1)[1])
        self._say(204, b"")

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def service() -> Iterator[type[Service]]:
    class Fresh(Service):
        made: dict[str, dict[str, Any]] = {}
        gone: set[str] = set()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fresh)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Fresh.port = server.server_port  # type: ignore[attr-defined]
    yield Fresh
    server.shutdown()
    server.server_close()


def writer(service: Any, folder: Path) -> Writer:
    stack = Stack("local-tenant-a", {"fhirUrl": f"http://127.0.0.1:{service.port}/fhir"}, {})
    return Writer(stack, "r1", "echo token", folder, "Nobody-1")


@pytest.fixture
def running(service: Any, tmp_path: Path) -> Iterator[Writer]:
    found = writer(service, tmp_path)
    yield found
    found.stop()
    found._session.close()


def wait_for(running: Writer, writes: int) -> None:
    running.start()
    deadline = time.monotonic() + 20
    while len(running.acknowledged) < writes and time.monotonic() < deadline:
        time.sleep(0.02)
    running.stop()


def test_each_acknowledged_write_is_in_the_log_with_its_time_and_nothing_of_its_content(
    running: Writer, service: Any, tmp_path: Path
) -> None:
    wait_for(running, 3)
    lines = list(logged(tmp_path))
    assert {line["number"]: line["at"] for line in lines} == running.acknowledged
    assert all(set(line) == {"number", "at", "seconds", "id"} for line in lines)
    assert "Nobody" not in (tmp_path / LOG).read_text()
    assert service.made["drill-r1-1"]["subject"]["display"] == "Nobody-1"


def test_a_refused_write_is_not_acknowledged(running: Writer, service: Any, tmp_path: Path) -> None:
    service.answer = 503
    running.write(1)
    assert (running.acknowledged, running.errors) == ({}, {1: "503"})
    assert next(logged(tmp_path))["error"] == "503"
    assert running.metrics["errors"]() == 1


def test_metrics_have_no_value_before_anything_was_written(running: Writer) -> None:
    values = {name: metric() for name, metric in running.metrics.items()}
    assert values == {"errors": 0.0, "p99_ms": None, "silence_seconds": None}


def test_what_a_dead_runner_wrote_is_removed_by_its_log(
    running: Writer, service: Any, tmp_path: Path
) -> None:
    for number in (1, 2):
        running.write(number)
    with (tmp_path / LOG).open("a") as log:
        log.write('{"number": 3, "at"')  # killed in the middle of a line
    after = writer(service, tmp_path)
    after.recover()
    assert after.acknowledged == running.acknowledged
    after.remove()
    after._session.close()
    assert service.gone >= {"id-drill-r1-1", "id-drill-r1-2"}


def test_a_write_whose_answer_was_lost_is_found_by_its_key_and_removed(
    running: Writer, service: Any, tmp_path: Path
) -> None:
    running.write(1)
    service.silent_after_commit = True
    running.write(2)
    assert running.errors == {2: "ConnectionError"}
    service.silent_after_commit = False
    after = writer(service, tmp_path)
    after.recover()
    after.remove()
    after._session.close()
    assert "id-drill-r1-2" in service.gone
    # The one that may have been under way when the runner died was asked for, and removed too.
    assert {body["id"] for body in service.made.values()} == service.gone


def test_a_writer_that_never_wrote_removes_nothing_and_asks_nothing(running: Writer, service: Any) -> None:
    assert running.remove() == 0
    assert service.made == {}


@pytest.mark.parametrize(
    ("command", "says"),
    [("false", "printed nothing"), ("true", "printed nothing"), ("no-such-command", "No such file")],
)
def test_a_token_command_that_gives_none_is_said_so(command: str, says: str) -> None:
    with pytest.raises(ActivityError, match=f"--token-command failed: .*{says}"):
        access_token(command)
