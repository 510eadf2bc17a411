from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from infra.cli import google
from infra.cli.google import ApiFailed, Google, endpoints, token
from infra.errors import ConfigError

Answer = tuple[int, Any]


class Scripted(HTTPServer):
    """Gives the answers that were laid down, one a request, and keeps the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.seen: list[tuple[str, str, str]] = []


class Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
        status, body = self.server.answers.pop(0)
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, *arguments: object) -> None:
        """Nothing: the tests say what went wrong."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    monkeypatch.setattr(google.time, "sleep", lambda seconds: None)
    made = Scripted()
    thread = Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def api(server: Scripted) -> Google:
    return Google({"iam": f"http://127.0.0.1:{server.server_port}/v1/"}, "secret-token")


def error(status: int, message: str) -> Answer:
    return status, {"error": {"code": status, "message": message}}


def test_a_call_is_authorised_and_the_token_is_not_shown(server: Scripted, api: Google) -> None:
    server.answers = [(200, {"a": 1})]
    assert api.call("GET", "iam", "projects/p") == {"a": 1}
    assert server.seen == [("GET", "/v1/projects/p", "Bearer secret-token")]
    assert "secret-token" not in repr(api)


def test_a_busy_api_is_asked_again(server: Scripted, api: Google) -> None:
    server.answers = [error(503, "busy"), error(429, "slow down"), (200, {})]
    assert api.call("GET", "iam", "x") == {}
    assert len(server.seen) == 3


def test_what_was_just_enabled_or_made_is_waited_for_only_when_asked_to(
    server: Scripted, api: Google
) -> None:
    server.answers = [error(403, "API has not been used in project 1 before"), (200, {"ok": True})]
    assert api.call("POST", "iam", "x", {}, patient=True) == {"ok": True}
    server.answers = [error(400, "Service account a@b does not exist.")]
    with pytest.raises(ApiFailed, match="POST x: 400: Service account a@b does not exist"):
        api.call("POST", "iam", "x", {})


def test_absence_is_none_and_a_refusal_is_not(server: Scripted, api: Google) -> None:
    server.answers = [error(404, "gone"), error(403, "no")]
    assert api.get("iam", "x") is None
    with pytest.raises(ApiFailed) as caught:
        api.get("iam", "x")
    assert (caught.value.status, caught.value.said, caught.value.code) == (403, "no", 1)


def test_operations_are_waited_for_and_their_errors_raised(server: Scripted, api: Google) -> None:
    server.answers = [(200, {"name": "operations/1"}), (200, {"name": "operations/1", "done": True})]
    api.wait("iam", {"name": "operations/1"})
    assert len(server.seen) == 2
    with pytest.raises(ApiFailed, match="409: taken"):
        api.wait("iam", {"name": "o", "done": True, "error": {"code": 409, "message": "taken"}})


def test_an_answer_that_is_no_json(server: Scripted, api: Google) -> None:
    server.answers = [(500, "<html>")]
    with pytest.raises(ApiFailed, match="500: Internal Server Error"):
        api.call("GET", "iam", "x")


def test_nothing_answers(api: Google, server: Scripted) -> None:
    dead = Google({"iam": "http://127.0.0.1:9/"}, "t")
    with pytest.raises(ApiFailed, match="nothing answers"):
        dead.call("GET", "iam", "x")


def test_the_environment_comes_before_the_stack_files() -> None:
    found = endpoints("local", {"GOOGLE_RESOURCE_MANAGER_V3_CUSTOM_ENDPOINT": "http://127.0.0.1:1/v3/"})
    assert found["cloudresourcemanager"] == "http://127.0.0.1:1/v3/"
    assert found["storage"] == "http://127.0.0.1:17026/storage/v1/"


def test_without_any_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    assert token({"GOOGLE_OAUTH_ACCESS_TOKEN": "t"}) == "t"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match="GOOGLE_OAUTH_ACCESS_TOKEN: nothing was given"):
        token({})
