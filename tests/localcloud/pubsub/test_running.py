"""A running server: push with identity, and messages that outlive a kill."""

from __future__ import annotations

import base64
import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.localcloud.running import RunningCloud

PROJECT = "/v1/projects/careplane-cell"


@pytest.fixture
def receiver() -> Iterator[tuple[str, queue.Queue[tuple[dict[str, str], Any]]]]:
    """An endpoint that refuses the first request and takes the rest."""
    got: queue.Queue[tuple[dict[str, str], Any]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(500 if got.empty() else 204)
            self.end_headers()
            got.put(({k.lower(): v for k, v in self.headers.items()}, body))

        def log_message(self, *given: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/events", got
    server.shutdown()
    server.server_close()
    thread.join()


def test_push_carries_an_identity_and_tries_again(
    localcloud: RunningCloud, receiver: tuple[str, queue.Queue[Any]]
) -> None:
    endpoint, got = receiver
    email = "tenant-a@careplane-cell.iam.gserviceaccount.com"
    localcloud.request("pubsub", "PUT", f"{PROJECT}/topics/pushed", {}).raise_for_status()
    localcloud.request(
        "pubsub",
        "PUT",
        f"{PROJECT}/subscriptions/pushed",
        {
            "topic": "projects/careplane-cell/topics/pushed",
            "pushConfig": {"pushEndpoint": endpoint, "oidcToken": {"serviceAccountEmail": email}},
        },
    ).raise_for_status()
    localcloud.request(
        "pubsub",
        "POST",
        f"{PROJECT}/topics/pushed:publish",
        {"messages": [{"data": "aGVsbG8=", "attributes": {"k": "v"}}]},
    ).raise_for_status()
    (_, first), (headers, second) = got.get(timeout=20), got.get(timeout=20)
    assert first["message"]["messageId"] == second["message"]["messageId"]
    assert second["message"]["data"] == "aGVsbG8=" and second["message"]["attributes"] == {"k": "v"}
    assert second["subscription"] == "projects/careplane-cell/subscriptions/pushed"
    payload = headers["authorization"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["email"] == email and claims["aud"] == endpoint
    localcloud.request("pubsub", "DELETE", f"{PROJECT}/subscriptions/pushed").raise_for_status()


def test_a_kill_loses_no_published_message(fresh_localcloud: RunningCloud) -> None:
    cloud = fresh_localcloud
    cloud.request("pubsub", "PUT", f"{PROJECT}/topics/kept", {}).raise_for_status()
    cloud.request(
        "pubsub",
        "PUT",
        f"{PROJECT}/subscriptions/kept",
        {"topic": "projects/careplane-cell/topics/kept", "ackDeadlineSeconds": 10},
    ).raise_for_status()
    ids = [
        cloud.request("pubsub", "POST", f"{PROJECT}/topics/kept:publish", {"messages": [{"data": "YQ=="}]})
        .raise_for_status()
        .json()["messageIds"][0]
        for _ in range(20)
    ]
    taken = cloud.request("pubsub", "POST", f"{PROJECT}/subscriptions/kept:pull", {"maxMessages": 5}).json()
    cloud.stop(9)
    cloud.start()
    cloud.control("POST", "/faults", {"kind": "clock", "target": "*", "seconds": 11})
    again = cloud.request("pubsub", "POST", f"{PROJECT}/subscriptions/kept:pull", {"maxMessages": 100}).json()
    assert [r["message"]["messageId"] for r in again["receivedMessages"]] == ids
    assert len(taken["receivedMessages"]) == 5
