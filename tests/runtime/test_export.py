"""Bulk data export end to end over fakes."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select, update

from runtime.bulk.compartment import PATIENT_TYPES
from runtime.bulk.job import KEPT, Progress
from runtime.bulk.walk import PAGE
from runtime.clients.healthcare_fake import FakeStore
from runtime.db.exports import Exports
from runtime.db.tables import export_jobs
from runtime.resource_types import RESOURCE_TYPES
from tests.runtime.http import Http
from tests.runtime.world import FHIR, SSN, World, patient

ASYNC = {"Prefer": "respond-async", "Accept": "application/fhir+json"}


def exporting(**more: Any) -> World:
    return World(store=FakeStore(stamped=True, **more))


def observation(number: int, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": f"o{number:04d}", "status": "final", **more}


def put(http: Http, resource: dict[str, Any]) -> None:
    path = f"/fhir/{resource['resourceType']}/{resource['id']}"
    answer = http.put(path, json=resource, headers=FHIR)
    assert answer.status_code in (200, 201), answer.text


def fill(world: World, number: int) -> None:
    """Observations, straight into the store."""
    for each in (observation(n) for n in range(number)):
        body = json.dumps(each)[:-1] + ',"valueQuantity":{"value":1.50}}'
        asyncio.run(world.store.send("PUT", f"/Observation/{each['id']}", body=body.encode()))


def kick_off(http: Http, query: str = "", level: str = "") -> str:
    answer = http.get(f"/fhir/{level}$export{query}", headers=ASYNC)
    assert answer.status_code == 202, answer.text
    location = answer.headers["content-location"]
    assert location.startswith("https://riverside.example.org/fhir/$export/")
    return urlsplit(location).path


def age(world: World, by: timedelta) -> None:
    """As if every export had been begun earlier."""
    with world.engine.begin() as connection:
        for row in connection.execute(select(export_jobs)).all():
            earlier = datetime.fromisoformat(row.transaction_time) - by
            values = {"transaction_time": earlier.isoformat()}
            connection.execute(update(export_jobs).where(export_jobs.c.id == row.id).values(values))


def settle(world: World) -> None:
    """As if the export and all that was written before it were six seconds older."""
    age(world, timedelta(seconds=6))
    for versions in world.store.versions.values():
        for version in versions:
            then = datetime.fromisoformat(version["meta"]["lastUpdated"]) - timedelta(seconds=6)
            version["meta"]["lastUpdated"] = then.isoformat()


def complete(http: Http, status: str) -> dict[str, Any]:
    answer = http.get(status)
    assert answer.status_code == 200, (answer.status_code, answer.headers, answer.text)
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def lines(http: Http, url: str) -> list[dict[str, Any]]:
    answer = http.get(urlsplit(url).path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+ndjson")
    assert answer.content.endswith(b"\n") or not answer.content
    return [json.loads(line) for line in answer.content.splitlines()]


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    found = answer.json()
    assert found["resourceType"] == "OperationOutcome"
    assert all(word in found["issue"][0]["diagnostics"] for word in words), found


@pytest.mark.parametrize("counts", [False, True])
def test_everything_comes_out_decrypted_with_its_number_by_type(counts: bool) -> None:
    world = exporting(counts=counts)
    with world.client() as http:
        put(http, patient(id="a"))
        for number in range(3):
            put(http, observation(number))
        status = kick_off(http)
        waiting = http.get(status)
        settle(world)
        manifest = complete(http, status)
        files = {each["type"]: each for each in manifest["output"]}
        (found,) = lines(http, files["Patient"]["url"])
        observations = lines(http, files["Observation"]["url"])
    assert waiting.status_code == 202 and 1 <= int(waiting.headers["retry-after"]) <= 5
    assert len(waiting.headers["x-progress"]) < 100
    assert manifest["requiresAccessToken"] is True and manifest["error"] == []
    assert manifest["request"] == "https://riverside.example.org/fhir/$export"
    assert {kind: each["count"] for kind, each in files.items()} == {"Observation": 3, "Patient": 1}
    assert found["identifier"] == patient()["identifier"]
    assert [each["id"] for each in observations] == ["o0000", "o0001", "o0002"]
    assert SSN.encode() not in world.left_the_process()


@pytest.mark.parametrize("number", [PAGE - 1, PAGE, 2 * PAGE + 1])
def test_no_page_is_skipped_and_every_digit_is_kept(number: int) -> None:
    world = exporting()
    fill(world, number)
    with world.client() as http:
        status = kick_off(http, "?_type=Observation")
        settle(world)
        (file,) = complete(http, status)["output"]
        answer = http.get(urlsplit(file["url"]).path)
    assert file["count"] == number
    assert answer.content.count(b"\n") == number == answer.content.count(b'"value":1.50')
    assert len({json.loads(line)["id"] for line in answer.content.splitlines()}) == number


def test_more_than_a_page_is_counted_in_steps_that_any_instance_goes_on_with() -> None:
    world = exporting()
    fill(world, 2500)
    with world.client() as http:
        status = kick_off(http)
        settle(world)
        exports = Exports(world.engine)
        job = exports.get("app", uuid.UUID(status.rpartition("/")[2]))
        assert job is not None
        exports.save(job, Progress({}, {"Observation": (1000, "_count=1000&_page_token=o0999")}))
        stale = exports.save(job, Progress({"Patient": 7}, {}))
        assert stale.progress.counted == {}, "who was second goes on with what was first"
        assert complete(http, status)["output"][0]["count"] == 2500


def test_what_is_written_after_the_kick_off_is_as_it_was_then_and_nothing_is_lost() -> None:
    world = exporting()
    with world.client() as http:
        for number in range(3):
            put(http, observation(number, code={"text": "before"}))
        status = kick_off(http, "?_type=Observation")
        settle(world)
        put(http, observation(1, code={"text": "after"}))
        put(http, observation(9))
        (file,) = complete(http, status)["output"]
        found = lines(http, file["url"])
    assert "count" not in file, "it could not be known for sure"
    assert {each["id"]: each["code"]["text"] for each in found} == {
        "o0000": "before", "o0001": "before", "o0002": "before",
    }  # fmt: skip


def test_an_incremental_export_has_what_was_written_between() -> None:
    world = exporting()
    with world.client() as http:
        put(http, observation(0))
        put(http, observation(1))
        status = kick_off(http, "?_type=Observation")
        settle(world)
        first = complete(http, status)["transactionTime"].replace("+00:00", "Z")
        put(http, observation(1, code={"text": "between"}))
        put(http, observation(2))
        status = kick_off(http, f"?_type=Observation&_since={first}")
        settle(world)
        put(http, observation(0, code={"text": "after"}))
        manifest = complete(http, status)
        found = lines(http, manifest["output"][0]["url"])
        (note,) = lines(http, manifest["error"][0]["url"])
    assert [each["id"] for each in found] == ["o0001", "o0002"]
    assert note["resourceType"] == "OperationOutcome" and note["issue"][0]["severity"] == "information"


def test_only_the_elements_asked_for_leave_and_say_so() -> None:
    world = exporting()
    with world.client() as http:
        put(http, patient(id="a"))
        status = kick_off(http, "?_type=Patient&_elements=id,Patient.name,Observation.code")
        settle(world)
        (found,) = lines(http, complete(http, status)["output"][0]["url"])
    assert found.keys() == {"resourceType", "id", "meta", "name"}
    assert found["meta"]["tag"][0]["code"] == "SUBSETTED" and found["meta"]["versionId"] == "1"


def test_an_export_of_patients_has_the_types_of_their_compartment() -> None:
    world = exporting()
    with world.client() as http:
        put(http, patient(id="a"))
        put(http, {"resourceType": "Organization", "id": "h"})
        status = kick_off(http, level="Patient/")
        settle(world)
        manifest = complete(http, status)
    assert [each["type"] for each in manifest["output"]] == ["Patient"]
    assert manifest["request"].endswith("/fhir/Patient/$export")
    assert PATIENT_TYPES < RESOURCE_TYPES and len(PATIENT_TYPES) == 66


def test_each_step_is_audited_and_each_page_names_what_it_discloses() -> None:
    world = exporting()
    fill(world, PAGE + 1)
    with world.client() as http:
        before = len(world.records())
        status = kick_off(http, "?_type=Observation")
        settle(world)
        lines(http, complete(http, status)["output"][0]["url"])
    job = status.removeprefix("/fhir/")
    records = world.records()[before:]
    assert {(each.interaction, each.client, each.status) for each in records[1:]} == {
        ("operation", "app", 200)
    }
    assert records[0].status == 202 and records[0].parameters == ("_type",)
    pages = [each.references[1:] for each in records if len(each.references) > 1]
    assert pages == [tuple(f"Observation/o{n:04d}" for n in range(PAGE)), (f"Observation/o{PAGE:04d}",)]
    assert len({each.id for each in records}) == len(records) == 5
    assert all(each.references[0] == job for each in records)


@pytest.mark.parametrize("published", [0, 1, 2, 3])
def test_no_page_leaves_before_its_record_is_published(published: int) -> None:
    world = exporting()
    fill(world, 2 * PAGE + 1)
    with world.client() as http:
        status = kick_off(http, "?_type=Observation")
        settle(world)
        url = urlsplit(complete(http, status)["output"][0]["url"]).path
        world.publisher.fail_after = len(world.publisher.messages) + published
        answer = http.get(url)
    if published < 2:
        refused(answer, 503, "audited")
    else:
        # The request's own record, and one for each page that is there.
        assert answer.content.count(b"\n") == (published - 1) * PAGE


def test_a_file_is_whole_again_after_the_process_was_killed_in_the_middle() -> None:
    world = exporting()
    with world.client() as http:
        for number in range(3):
            put(http, observation(number))
        status = kick_off(http)
        settle(world)
    with world.client() as another:
        manifest = complete(another, status)
    with world.client() as third:
        assert complete(third, status) == manifest
        assert len(lines(third, manifest["output"][0]["url"])) == 3


class TestRefused:
    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("?_type=Patient,Nonsense", ["_type"]),
            ("?_type=", ["_type"]),
            ("?_type=Practitioner", ["Practitioner"]),
            ("?_since=yesterday", ["_since"]),
            ("?_since=2026-01-31", ["_since"]),
            ("?_since=2026-01-31T25:00:00Z", ["_since"]),
            ("?_since=2026-01-31T08:00:00Z&_since=2026-01-31T08:00:00Z", ["once"]),
            ("?_outputFormat=text/csv", ["_outputFormat", "ndjson"]),
            ("?_elements=a.b.c", ["_elements"]),
            ("?_typeFilter=Patient%3Factive%3Dtrue", ["_type", "_since"]),
            ("?_type=%FF", ["UTF-8"]),
        ],
    )
    def test_parameters(self, query: str, words: list[str]) -> None:
        with exporting().client() as http:
            refused(http.get(f"/fhir/$export{query}", headers=ASYNC), 400, *words)

    def test_types_outside_the_compartment(self) -> None:
        with exporting().client() as http:
            answer = http.get("/fhir/Patient/$export?_type=Organization", headers=ASYNC)
            refused(answer, 400, "compartment")

    @pytest.mark.parametrize("prefer", [{}, {"Prefer": "handling=lenient"}])
    def test_without_prefer(self, prefer: dict[str, str]) -> None:
        with exporting().client() as http:
            refused(http.get("/fhir/$export", headers=prefer), 400, "respond-async")

    def test_another_format(self) -> None:
        with exporting().client() as http:
            refused(http.get("/fhir/$export", headers={**ASYNC, "Accept": "application/xml"}), 406)

    @pytest.mark.parametrize("path", ["$export", "Patient/$export", "$export/x", "$export/x/Patient.ndjson"])
    def test_other_methods(self, path: str) -> None:
        with exporting().client() as http:
            answer = http.post(f"/fhir/{path}", json={}, headers=FHIR)
            refused(answer, 405)
            assert "GET" in answer.headers["allow"]

    @pytest.mark.parametrize(
        ("scope", "path"),
        [
            ("system/Patient.rs", "$export"),
            ("system/*.r", "$export"),
            ("system/Patient.rs", "Patient/$export"),
            ("system/Patient.rs", "$export?_type=Patient,Observation"),
            ("system/*.cud", "$export?_type=Patient"),
        ],
    )
    def test_scopes_that_do_not_cover_it(self, scope: str, path: str) -> None:
        with exporting().client(scope) as http:
            refused(http.get(f"/fhir/{path}", headers=ASYNC), 403, "system/")

    def test_no_token_and_another_tenants(self) -> None:
        with exporting().client(None) as http:
            refused(http.get("/fhir/$export", headers=ASYNC), 401)
        lakeside = World()
        with lakeside.client() as other, exporting().client(None) as http:
            token = other.headers["authorization"]
            for path in ("$export", f"$export/{uuid.uuid4()}", f"$export/{uuid.uuid4()}/Patient.ndjson"):
                refused(http.get(f"/fhir/{path}", headers={**ASYNC, "Authorization": token}), 401)

    def test_another_clients_export(self) -> None:
        world = exporting()
        world.add_client("other", "system/*.cruds")
        with world.client() as http:
            status = kick_off(http)
        settle(world)
        with world.client(client_id="other") as http:
            refused(http.get(status), 404, "no such export")
            refused(http.delete(status), 404)
            refused(http.get(f"{status}/Patient.ndjson"), 404)
        with world.client() as http:
            assert complete(http, status)["output"] == []

    def test_a_token_with_less_opens_only_what_it_covers(self) -> None:
        world = exporting()
        with world.client() as http:
            put(http, patient(id="a"))
            put(http, observation(0))
            status = kick_off(http, "?_type=Patient,Observation")
            settle(world)
            complete(http, status)
        with world.client("system/Observation.rs") as http:
            refused(http.get(status), 403)
            refused(http.get(f"{status}/Patient.ndjson"), 403, "system/Patient.r")
            assert len(lines(http, f"{status}/Observation.ndjson")) == 1

    def test_unknown_jobs_and_files(self) -> None:
        world = exporting()
        with world.client() as http:
            for name in ("nonsense", str(uuid.uuid4())):
                refused(http.get(f"/fhir/$export/{name}"), 404)
            put(http, patient(id="a"))
            status = kick_off(http, "?_type=Patient,Observation")
            refused(http.get(f"{status}/Patient.ndjson"), 404, "not complete")
            settle(world)
            complete(http, status)
            for name in ("Observation", "Organization", "errors", "../x"):
                refused(http.get(f"{status}/{name}.ndjson"), 404)

    def test_cancelled(self) -> None:
        world = exporting()
        with world.client() as http:
            status = kick_off(http)
            assert http.delete(status).status_code == 202
            refused(http.get(status), 404)
            refused(http.delete(status), 404)

    def test_expired(self) -> None:
        world = exporting()
        with world.client() as http:
            put(http, patient(id="a"))
            status = kick_off(http)
            settle(world)
            url = complete(http, status)["output"][0]["url"]
            age(world, KEPT)
            refused(http.get(status), 404, "expired")
            refused(http.get(urlsplit(url).path), 404, "expired")

    def test_a_store_that_does_not_answer_before_the_file_begins(self) -> None:
        world = exporting()
        with world.client() as http:
            put(http, patient(id="a"))
            status = kick_off(http)
            settle(world)
            url = complete(http, status)["output"][0]["url"]
            world.store.down = True
            refused(http.get(urlsplit(url).path), 503)


def test_the_capability_statement_lists_it() -> None:
    with exporting().client(None) as http:
        statement = http.get("/fhir/metadata").json()
    (rest,) = statement["rest"]
    base = "http://hl7.org/fhir/uv/bulkdata"
    export = {"name": "export", "definition": f"{base}/OperationDefinition/export"}
    assert export in rest["operation"]
    (of_patient,) = (each for each in rest["resource"] if each["type"] == "Patient")
    assert of_patient["operation"] == [{**export, "definition": f"{base}/OperationDefinition/patient-export"}]
    assert f"{base}/CapabilityStatement/bulk-data" in statement["instantiates"]


def test_old_exports_are_forgotten() -> None:
    world = exporting()
    with world.client() as http:
        old = kick_off(http)
        with world.engine.begin() as connection:
            long_ago = datetime.now(UTC) - timedelta(days=8)
            connection.execute(update(export_jobs).values(created_at=long_ago))
        kick_off(http)
        refused(http.get(old), 404, "no such")
