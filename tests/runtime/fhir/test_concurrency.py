"""Many writers at once, and writers that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from runtime.fhir.service import FhirService
from tests.runtime.fhir.client import Client
from tests.runtime.fhir.conftest import ClientFactory
from tests.runtime.fhir.postgres import TestServer

_ROOT = Path(__file__).resolve().parents[3]
PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:s", "value": "1"}]}


def test_one_conditional_create_wins(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    entry = {
        "resource": PATIENT,
        "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:s|1"},
    }
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}

    def work(number: int) -> int:
        if number % 2:
            return client.send("POST", "", bundle).status
        return client.send("POST", "Patient", PATIENT, if_none_exist="identifier=urn:s|1").status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(work, range(24)))
    assert len(client.found("Patient")) == 1
    assert set(statuses) <= {200, 201}


def test_if_match_loses_no_update(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    client.json("PUT", "Patient/a", {"resourceType": "Patient", "id": "a", "multipleBirthInteger": 0}, 201)

    def add(_: int) -> None:
        while True:
            found = client.json("GET", "Patient/a")
            found["multipleBirthInteger"] += 1
            tag = f'W/"{found["meta"]["versionId"]}"'
            if client.send("PUT", "Patient/a", found, if_match=tag).status == 200:
                return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert client.json("GET", "Patient/a")["multipleBirthInteger"] == 40


def test_update_as_create_of_one_id_at_once(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda _: client.send("PUT", "Patient/a", {"resourceType": "Patient", "id": "a"}).status,
                range(16),
            )
        )
    assert sorted(statuses) == [200] * 15 + [201]
    assert client.json("GET", "Patient/a")["meta"]["versionId"] == "16"


_WRITER = """
import sys, json
from runtime.fhir.config import StoreConfig
from runtime.fhir.service import FhirService
from runtime.fhir.messages import FhirRequest
service = FhirService(sys.argv[1], "http://s/fhir", StoreConfig(notify=True)).open()
patient = {"resourceType": "Patient", "name": [{"family": "x"}]}
entry = {"resource": patient, "request": {"method": "POST", "url": "Patient"}}
body = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry] * 100}).encode()
print("go", flush=True)
while True:
    service.handle(FhirRequest("POST", "", (), {}, body))
"""


def test_kill_in_the_middle_of_transactions_leaves_all_or_nothing(postgres: TestServer) -> None:
    dsn = postgres.create()
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, dsn], cwd=_ROOT, stdout=subprocess.PIPE)
    assert writer.stdout is not None and writer.stdout.readline() == b"go\n"
    with psycopg.connect(dsn, autocommit=True) as watcher:
        while watcher.execute("SELECT count(*) FROM fhir.resource").fetchone() == (0,):
            time.sleep(0.01)
    time.sleep(0.05)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    with FhirService(dsn, "http://s/fhir") as service:
        total = Client(service, dsn).json("GET", "Patient?_summary=count")["total"]
        assert total > 0 and total % 100 == 0
        assert Client(service, dsn).json("GET", "Patient?family=x&_summary=count")["total"] == total
        assert service.drain(lambda notices: None) == total
