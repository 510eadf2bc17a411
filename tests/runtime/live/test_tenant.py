"""The runtime as Cloud Run runs it, with Google's own client libraries, on a local cloud."""

from __future__ import annotations

import base64
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from runtime.settings import US_SSN
from tests.runtime.live.place import PROJECT, Place
from tests.runtime.world import SSN, patient


def eventually(check: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
    return found


def metric(place: Place, line: str) -> float:
    text = httpx.get(f"{place.base_url}/metrics", trust_env=False).text
    match = re.search(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE)
    return float(match[1]) if match else 0.0


def store(place: Place, key: str, path: str) -> httpx.Response:
    return place.cloud.request("healthcare", "GET", f"/v1/{place.environment()[key]}/fhir/{path}")


def head(place: Place) -> int:
    links = store(place, "CAREPLANE_AUDIT_STORE", "Basic?_count=1000").json().get("entry", [])
    return max((int(each["resource"]["extension"][0]["valueString"]) for each in links), default=0)


def runtimes(place: Place) -> list[int]:
    """Process ids of this cloud's runtimes."""
    mark, found = f"run:{place.cloud.settings.home}".encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command, environ = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:
            continue
        if b"runtime\0serve" in command and mark in environ:
            found.append(int(entry.name))
    return found


def await_ready(place: Place) -> None:
    """Until it serves again; on a busy machine a process takes a while to start."""

    def ready() -> bool:
        try:
            answer = httpx.get(f"{place.base_url}/readyz", trust_env=False, timeout=60)
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    eventually(ready, 120)


def test_a_patient_goes_in_sealed_and_comes_out_equal(place: Place) -> None:
    with place.client() as http:
        made = http.post("/fhir/Patient", json=patient())
        assert made.status_code == 201, made.text
        identity = made.json()["id"]
        assert made.headers["location"].startswith(f"{place.base_url}/fhir/Patient/{identity}/_history/")
        read = http.get(f"/fhir/Patient/{identity}").json()
        found = http.get("/fhir/Patient", params={"identifier": f"{US_SSN}|{SSN}"}).json()
    assert {name: value for name, value in read.items() if name not in ("id", "meta")} == patient()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [identity]
    raw = store(place, "CAREPLANE_FHIR_STORE", f"Patient/{identity}")
    assert SSN not in raw.text and "b1-" in raw.text


def test_the_stores_notification_is_consumed_and_counted(place: Place) -> None:
    line = 'careplane_fhir_events_total{action="CreateResource",resource_type="Observation"}'
    before = metric(place, line)
    with place.client() as http:
        body = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
        assert http.post("/fhir/Observation", json=body).status_code == 201
    eventually(lambda: metric(place, line) == before + 1)


def test_a_notification_that_fails_five_times_is_a_dead_letter(place: Place) -> None:
    message = {"messages": [{"data": base64.b64encode(b"x").decode(), "attributes": {"action": "?"}}]}
    place.call("pubsub", "POST", f"/v1/projects/{PROJECT}/topics/riverside-fhir:publish", message)
    letters = f"/v1/projects/{PROJECT}/subscriptions/riverside-dead-letters:pull"
    eventually(lambda: place.call("pubsub", "POST", letters, {"maxMessages": 1}).get("receivedMessages"))


def test_each_access_is_one_audit_event_and_one_line(place: Place) -> None:
    with place.client() as http:
        read = http.get("/fhir/Patient/nobody", headers={"X-Request-Id": "audit-line-1"})
        assert read.status_code == 404

    def line() -> list[Any]:
        query = 'jsonPayload.request="audit-line-1"'
        body = {"resourceNames": [f"projects/{PROJECT}"], "filter": query}
        return list(place.call("logging", "POST", "/v2/entries:list", body).get("entries", []))

    (entry,) = eventually(line)
    found = store(place, "CAREPLANE_AUDIT_STORE", f"AuditEvent?_tag={entry['jsonPayload']['id']}").json()
    (event,) = (each["resource"] for each in found["entry"])
    assert (event["action"], event["outcome"]) == ("R", "4")
    assert event["entity"][0]["what"]["reference"] == f"{place.base_url}/fhir/Patient/nobody"
    assert entry["labels"]["tenant"] == "riverside"
    assert entry["logName"] == f"projects/{PROJECT}/logs/run.googleapis.com%2Fstdout"
    assert entry["resource"]["labels"]["service_name"] == "riverside", "as Cloud Run says"


@pytest.mark.parametrize("log", ["careplane-audit", "run.googleapis.com%2Fstdout", "app"])
def test_the_runtimes_account_writes_no_log_entry_itself(place: Place, log: str) -> None:
    forged = {
        "logName": f"projects/{PROJECT}/logs/{log}",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "lakeside"}},
        "labels": {"tenant": "lakeside"},
        "entries": [{"textPayload": "forged"}],
    }
    token = place.cloud.token(place.member, PROJECT)
    answer = place.cloud.request("logging", "POST", "/v2/entries:write", forged, token=token)
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE"])
def test_the_runtimes_own_account_changes_no_audit_event(place: Place, verb: str) -> None:
    trail = place.environment()["CAREPLANE_AUDIT_STORE"]
    with place.client() as http:
        http.get("/fhir/Patient/nobody")
    found = eventually(lambda: written(place))
    token = place.cloud.token(place.member, PROJECT)
    bodies: dict[str, Any] = {
        "PUT": {**found, "outcome": "0"},
        "PATCH": [{"op": "remove", "path": "/agent"}],
        "DELETE": None,
    }
    path = f"/v1/{trail}/fhir/AuditEvent/{found['id']}"
    answer = place.cloud.request("healthcare", verb, path, bodies[verb], token=token)
    assert answer.status_code == 403, answer.text
    request = {"method": verb if verb != "PATCH" else "PUT", "url": f"AuditEvent/{found['id']}"}
    entry = {"request": request, **({"resource": found} if verb != "DELETE" else {})}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    answer = place.cloud.request("healthcare", "POST", f"/v1/{trail}/fhir", bundle, token=token)
    assert answer.status_code == 403, answer.text
    again = store(place, "CAREPLANE_AUDIT_STORE", f"AuditEvent/{found['id']}").json()
    assert again["meta"]["versionId"] == "1" and again == found


def written(place: Place) -> dict[str, Any] | None:
    entries = store(place, "CAREPLANE_AUDIT_STORE", "AuditEvent?_count=1").json().get("entry", [])
    return dict(entries[0]["resource"]) if entries else None


def test_kill_9_loses_no_record(place: Place) -> None:
    eventually(lambda: runtimes(place))
    with place.client() as http:
        before = head(place)
        for _ in range(30):
            assert http.get("/fhir/Patient/nobody").status_code == 404
        for process in runtimes(place):
            os.kill(process, signal.SIGKILL)
    await_ready(place)
    eventually(lambda: head(place) >= before + 30, 60)


def test_nothing_is_disclosed_while_the_outbox_is_closed_to_it(place: Place) -> None:
    topic = f"projects/{PROJECT}/topics/riverside-audit"
    with place.client() as http:
        place.grant("pubsub", topic)
        try:
            refused = http.get("/fhir/Patient/nobody")
        finally:
            place.grant("pubsub", topic, ("roles/pubsub.publisher", place.member))
    assert refused.status_code == 503 and "audited" in refused.text


@pytest.mark.parametrize(
    "path", ["readyz", "healthz", "fhir/metadata", "auth/jwks", ".well-known/smart-configuration"]
)
def test_open_endpoints(place: Place, path: str) -> None:
    assert httpx.get(f"{place.base_url}/{path}", trust_env=False, timeout=30).status_code == 200


def test_a_token_of_another_issuer_is_refused(place: Place) -> None:
    answer = httpx.get(
        f"{place.base_url}/fhir/Patient/a", headers={"Authorization": "Bearer x.y.z"}, trust_env=False
    )
    assert answer.status_code == 401 and "invalid_token" in answer.headers["www-authenticate"]
