"""Bulk data export as Cloud Run serves it, from PostgreSQL (profile `private`) and the Healthcare API."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey

from runtime.bulk.walk import PAGE
from runtime.settings import US_SSN
from tests.localcloud import running
from tests.runtime.live.place import Place
from tests.runtime.live.test_private import PrivatePlace
from tests.runtime.live.test_tenant import await_ready, eventually, metric, runtimes
from tests.runtime.world import SSN, patient

OBSERVATIONS = 4000
KINDS = "Observation,Patient"


@pytest.fixture(scope="module", params=[PrivatePlace, Place], ids=["private", "healthcare"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """With patients, one of them with a social security number, and more observations than a page."""
    cloud = running.start(tmp_path_factory.mktemp("export"))
    try:
        place: Place = request.param(cloud, "riverside", ECKey.generate_key("P-256", {"kid": "k1"}))
        place.make()
        with place.client() as http:
            made = http.put("/fhir/Patient/a", json=patient(id="a"))
            assert made.status_code == 201, made.text
            for first in range(0, OBSERVATIONS, 1000):
                entries = [entry(number) for number in range(first, first + 1000)]
                bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
                answer = http.post("/fhir", json=bundle)
                assert answer.status_code == 200, answer.text[:500]
        yield place
    finally:
        cloud.close()


def entry(number: int) -> dict[str, Any]:
    resource = {
        "resourceType": "Observation",
        "id": f"o{number:05d}",
        "status": "final",
        "code": {"text": "x" * 500},
        "subject": {"reference": "Patient/a"},
    }
    return {"resource": resource, "request": {"method": "PUT", "url": f"Observation/{resource['id']}"}}


def exported(http: httpx.Client, query: str = f"?_type={KINDS}") -> dict[str, Any]:
    """The manifest."""
    begun = http.get(f"/fhir/$export{query}", headers={"Prefer": "respond-async"})
    assert begun.status_code == 202, begun.text
    status = urlsplit(begun.headers["content-location"]).path

    def done() -> httpx.Response | None:
        answer = http.get(status)
        assert answer.status_code in (200, 202), answer.text
        return answer if answer.status_code == 200 else None

    found: dict[str, Any] = eventually(done).json()
    return found


def file(manifest: dict[str, Any], kind: str) -> str:
    (url,) = (each["url"] for each in manifest["output"] if each["type"] == kind)
    return urlsplit(url).path


def test_all_of_it_comes_out_decrypted_and_counted_and_is_audited(place: Place) -> None:
    with place.client() as http:
        before = metric(place, "careplane_audit_records_written_total")
        manifest = exported(http)
        counts = {each["type"]: each["count"] for each in manifest["output"]}
        (found,) = map(json.loads, http.get(file(manifest, "Patient")).content.splitlines())
        lines = http.get(file(manifest, "Observation")).content.splitlines()
    assert counts == {"Observation": OBSERVATIONS, "Patient": 1}
    assert {"system": US_SSN, "value": SSN} in found["identifier"]
    assert len({json.loads(line)["id"] for line in lines}) == len(lines) == OBSERVATIONS
    # Kick-off, the status that was complete, two files, and a record a page.
    least = 4 + 1 + OBSERVATIONS / PAGE
    eventually(lambda: metric(place, "careplane_audit_records_written_total") >= before + least)


def test_an_export_of_every_type_ends(place: Place) -> None:
    with place.client() as http:
        manifest = exported(http, "")
    counts = {each["type"]: each["count"] for each in manifest["output"]}
    assert counts == {"Observation": OBSERVATIONS, "Patient": 1}


def test_what_is_written_after_the_kick_off_is_as_it_was_then(place: Place) -> None:
    with place.client() as http:
        manifest = exported(http)
        body = entry(17)["resource"] | {"status": "amended"}
        assert http.put("/fhir/Observation/o00017", json=body).status_code == 200
        made = http.post("/fhir/Patient", json=patient()).json()["id"]
        lines = [json.loads(line) for line in http.get(file(manifest, "Observation")).content.splitlines()]
        patients = http.get(file(manifest, "Patient")).content.splitlines()
        since = manifest["transactionTime"].replace("+00:00", "Z")
        later = exported(http, f"?_type={KINDS}&_since={since}")
        (changed,) = map(json.loads, http.get(file(later, "Observation")).content.splitlines())
        assert http.delete(f"/fhir/Patient/{made}").status_code in (200, 204)
    assert {each["id"]: each["status"] for each in lines}["o00017"] == "final"
    assert len(lines) == OBSERVATIONS and len(patients) == 1
    assert (changed["id"], changed["status"]) == ("o00017", "amended")
    assert {each["type"]: each["count"] for each in later["output"]} == {"Observation": 1, "Patient": 1}


def test_killed_in_the_middle_of_a_file_the_client_sees_it_and_the_same_address_works_again(
    place: Place,
) -> None:
    with place.client() as http:
        manifest = exported(http)
        path = file(manifest, "Observation")
        with pytest.raises(httpx.HTTPError), http.stream("GET", path) as answer:
            for number, _ in enumerate(answer.iter_raw(4096)):
                if number == 0:
                    for process in runtimes(place):
                        os.kill(process, signal.SIGKILL)
    await_ready(place)
    with place.client() as http:
        assert len(http.get(path).content.splitlines()) == OBSERVATIONS


def test_another_issuers_token_opens_nothing(place: Place) -> None:
    with place.client() as http:
        path = file(exported(http), "Patient")
    for address in (path, path.rpartition("/")[0], "/fhir/$export"):
        answer = httpx.get(
            f"{place.base_url}{address}", headers={"Authorization": "Bearer x.y.z"}, trust_env=False
        )
        assert answer.status_code == 401 and SSN not in answer.text
