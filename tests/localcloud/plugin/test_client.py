"""Errors in Google's words, patience with what passes, operations waited for."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.plugin.client import Cancelled, Client, GoogleError, Unreachable
from localcloud.plugin.config import Config
from tests.localcloud.plugin.answering import answering, error


def client(root: str, **more: Any) -> Client:
    endpoints = {"kms": f"{root}/v1/", "sql": f"{root}/sql/v1beta4/"}
    return Client(Config(endpoints=endpoints, token="t0ken"), sleep=lambda seconds: None, **more)


def test_an_error_names_the_request_and_keeps_googles_message() -> None:
    with answering(lambda *_: error(403, "Permission 'x' denied", "PERMISSION_DENIED")) as root:
        with pytest.raises(
            GoogleError, match="GET /v1/projects/p: 403 PERMISSION_DENIED: Permission 'x' denied"
        ) as caught:
            client(root).call("kms", "GET", "projects/p")
    assert (caught.value.status, caught.value.reason) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("status", [429, 503])
def test_what_passes_is_waited_out(status: int) -> None:
    answers = [error(status), error(status), (200, {"name": "done"})]
    with answering(lambda *_: answers.pop(0)) as root:
        assert client(root).call("kms", "GET", "x") == {"name": "done"}
    assert answers == []


def test_an_instance_busy_with_another_operation_is_waited_for() -> None:
    busy = (409, {"error": {"message": "busy", "errors": [{"reason": "operationInProgress"}]}})
    answers = [busy, (200, {"name": "x"})]
    with answering(lambda *_: answers.pop(0)) as root:
        assert client(root).call("sql", "POST", "x", {}) == {"name": "x"}


@pytest.mark.parametrize("status", [400, 404, 409, 500, 501])
def test_what_does_not_pass_is_an_error_at_once(status: int) -> None:
    answers = [error(status)]
    with answering(lambda *_: answers.pop(0)) as root, pytest.raises(GoogleError):
        client(root).call("kms", "GET", "x")


def test_nobody_listening_is_said_in_one_sentence() -> None:
    with answering(lambda *_: (200, {})) as root:
        pass
    made = client(root)
    made.cancelled.clear()
    with pytest.raises((Unreachable, Cancelled), match=r"nothing listens at .* is localcloud up"):
        made.sleep = lambda seconds: None
        made.call("kms", "GET", "x")


def test_an_operation_is_polled_until_done_and_its_error_raised() -> None:
    polled = []

    def answer(verb: str, path: str, query: Any, body: Any) -> tuple[int, Any]:
        polled.append(path)
        done = len(polled) > 1
        return 200, {
            "name": "operations/1",
            "done": done,
            **({"error": {"code": 9, "message": "no key"}} if done else {}),
        }

    with answering(answer) as root, pytest.raises(GoogleError, match="no key"):
        made = client(root)
        made.wait("kms", {"name": "operations/1", "done": False}, lambda name: name)
    assert polled == ["/v1/operations/1", "/v1/operations/1"]


def test_an_error_of_compute_engine_is_read_from_its_list() -> None:
    operation = {
        "kind": "compute#operation",
        "name": "o",
        "status": "DONE",
        "error": {"errors": [{"message": "in use"}]},
    }
    with pytest.raises(GoogleError, match="in use"):
        client("http://127.0.0.1:1").wait("kms", operation, lambda name: name)


def test_cancelling_ends_the_waiting() -> None:
    with answering(lambda *_: error(503)) as root:
        made = client(root)
        made.cancelled.set()
        with pytest.raises(Cancelled):
            made.call("kms", "GET", "x")


def test_the_token_is_sent_and_paths_from_the_root_leave_the_version() -> None:
    seen = []
    with answering(lambda verb, path, query, body: (seen.append((path, query)), (200, {}))[1]) as root:
        client(root).call("sql", "GET", "/dns/v1/x", query={"name": "a b&c"})
    assert seen == [("/dns/v1/x", {"name": "a b&c"})]
