"""An access that cannot be audited is refused, and none that happened is lost."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from runtime.audit.chain import AuditChain
from runtime.audit.consumer import AuditConsumer
from runtime.audit.event import HEAD_ID, RECORD, SEQUENCE, audit_event
from runtime.audit.heads import Heads
from runtime.audit.record import GENESIS, AuditRecord, Link, next_link
from runtime.clients.pubsub_fake import FakeDelivery
from runtime.events.consumer import EventConsumer
from runtime.metrics import Metrics
from tests.runtime.world import FHIR, SSN, World, patient


def consume(world: World, messages: list[bytes], metrics: Metrics | None = None) -> list[FakeDelivery]:
    """One run of the consumer over these messages."""

    async def fhir_url() -> str:
        return "https://riverside.example.org/fhir"

    async def run() -> list[FakeDelivery]:
        chain = AuditChain(world.audit_store, Heads(world.engine, "riverside"), fhir_url)
        consumer = AuditConsumer(chain, world.log_sink, metrics or Metrics())
        deliveries = [FakeDelivery(str(n), data) for n, data in enumerate(messages)]
        task = asyncio.create_task(consumer.run())
        for delivery in deliveries:
            consumer.receive(delivery)
        while not all(each.acked or each.nacked for each in deliveries):
            await asyncio.sleep(0.01)
        task.cancel()
        return deliveries

    return asyncio.run(run())


def events(world: World) -> list[dict[str, Any]]:
    found = [v[-1] for name, v in world.audit_store.versions.items() if name.startswith("AuditEvent/")]
    return sorted(found, key=lambda event: int(extensions(event)["sequence"]))


def extensions(resource: dict[str, Any]) -> dict[str, str]:
    return {each["url"].rpartition(":")[2]: each["valueString"] for each in resource["extension"]}


def ends(world: World) -> list[str]:
    """Where each batch ends in the chain."""
    links = [v[-1] for name, v in world.audit_store.versions.items() if name.startswith("Basic/")]
    return [extensions(each)["sequence"] for each in links]


def write_head(world: World, link: Link) -> None:
    """As releases did that could rewrite the trail."""
    values = {"sequence": str(link.sequence), "previous": link.previous, "hash": link.hash}
    told = [{"url": f"urn:careplane:audit:{name}", "valueString": value} for name, value in values.items()]
    head = {"resourceType": "Basic", "id": HEAD_ID, "extension": told}
    world.audit_store.versions[f"Basic/{HEAD_ID}"] = [head]


def believe(world: World, link: Link) -> None:
    heads = Heads(world.engine, "riverside")
    connection, _ = heads.lock()
    heads.save(connection, link)
    connection.close()


def record(**more: Any) -> AuditRecord:
    values = {
        "id": "00000000-0000-4000-8000-000000000001",
        "phase": "access",
        "time": "2020-01-01T00:00:00+00:00",
        "tenant": "riverside",
        "interaction": "read",
        "request": "r",
        "source": "203.0.113.7",
        "status": 200,
    }
    return AuditRecord(**{**values, **more})


def test_a_read_is_recorded_before_its_answer() -> None:
    world = World()
    with world.client() as http:
        http.put("/fhir/Patient/a", json=patient(id="a"), headers=FHIR)
        http.get("/fhir/Patient/a", headers={"X-Forwarded-For": "10.0.0.1, 198.51.100.9, 35.191.0.1"})
    last = world.records()[-1]
    assert (last.phase, last.interaction, last.action, last.status) == ("access", "read", "R", 200)
    assert (last.client, last.references, last.source) == ("app", ("Patient/a",), "198.51.100.9")


def test_a_write_is_recorded_before_and_after_with_one_id() -> None:
    world = World()
    with world.client() as http:
        http.post("/fhir/Patient", json=patient(), headers=FHIR)
    intent, outcome = world.records()[-2:]
    assert (intent.phase, outcome.phase) == ("intent", "outcome")
    assert intent.id == outcome.id
    assert (intent.references, outcome.references) == ((), ("Patient/id-1",))


def test_search_values_are_not_recorded() -> None:
    world = World()
    with world.client() as http:
        http.get("/fhir/Patient?family=Okafor&birthdate=1970-01-01")
        http.post("/fhir/Patient/_search", data={"family": "Okafor"})
    assert world.records()[-2].parameters == ("birthdate", "family")
    assert world.records()[-1].parameters == ("family",)
    assert not any(b"Okafor" in data for _, data in world.publisher.messages)


def test_refused_requests_are_recorded_too() -> None:
    world = World()
    with world.client("system/Observation.rs") as http:
        http.get("/fhir/Patient/a")
        http.get("/fhir/Patient/a", headers={"Authorization": "Bearer x"})
    assert [each.status for each in world.records()[-2:]] == [403, 401]


def test_without_a_record_nothing_is_disclosed() -> None:
    world = World()
    with world.client() as http:
        http.put("/fhir/Patient/a", json=patient(id="a"), headers=FHIR)
        world.publisher.fail_after = 0
        answer = http.get("/fhir/Patient/a")
    assert answer.status_code == 503
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert "Okafor" not in answer.text and SSN not in answer.text


@pytest.mark.parametrize(
    "method, path", [("POST", "/fhir/Patient"), ("PUT", "/fhir/Patient/a"), ("DELETE", "/fhir/Patient/a")]
)
def test_without_an_intent_nothing_is_written(method: str, path: str) -> None:
    world = World()
    with world.client() as http:
        world.publisher.fail_after = 0
        body = patient(id="a") if method == "PUT" else patient()
        answer = http.request(method, path, json=None if method == "DELETE" else body, headers=FHIR)
    assert answer.status_code == 503
    assert not world.store.received


def test_a_write_whose_outcome_cannot_be_recorded_says_so() -> None:
    world = World()
    with world.client() as http:
        world.publisher.fail_after = len(world.publisher.messages) + 1
        answer = http.post("/fhir/Patient", json=patient(), headers=FHIR)
    assert answer.status_code == 503 and "may have been made" in answer.text
    assert world.records()[-1].phase == "intent"


def test_records_become_chained_audit_events_and_log_lines() -> None:
    world = World()
    with world.client() as http:
        http.put("/fhir/Patient/a", json=patient(id="a"), headers=FHIR)
        http.get("/fhir/Patient/a")
    deliveries = consume(world, [data for _, data in world.publisher.messages])
    assert all(each.acked for each in deliveries)
    found = events(world)
    assert [event["action"] for event in found] == ["E", "U", "R"]
    assert found[2]["entity"][0]["what"]["reference"] == "https://riverside.example.org/fhir/Patient/a"
    assert len(world.log_sink.lines) == 3
    verify_chain(found)
    assert ends(world) == ["3"]


def verify_chain(found: list[dict[str, Any]]) -> None:
    head = GENESIS
    for event in found:
        values = extensions(event)
        head = next_link(head, AuditRecord.parse(values["record"].encode()))
        assert (values["hash"], int(values["sequence"])) == (head.hash, head.sequence)


def test_a_message_that_comes_twice_is_one_event() -> None:
    world = World()
    data = record().canonical().encode()
    consume(world, [data])
    assert all(each.acked for each in consume(world, [data, data]))
    assert len(events(world)) == 1
    assert ends(world) == ["1"]


def test_an_intent_after_its_outcome_changes_nothing() -> None:
    world = World()
    consume(world, [record(phase="outcome", interaction="create").canonical().encode()])
    consume(world, [record(phase="intent", interaction="create", status=None).canonical().encode()])
    assert extensions(events(world)[0])["phase"] == "outcome"


def test_a_kill_between_intent_and_outcome_leaves_the_intent_as_event() -> None:
    world = World()
    consume(world, [record(phase="intent", interaction="create", status=None).canonical().encode()])
    (event,) = events(world)
    assert event["outcome"] == "4" and "not known" in event["outcomeDesc"]


@pytest.mark.parametrize("broken", ["store", "log"])
def test_nothing_is_acknowledged_until_store_and_log_have_it(broken: str) -> None:
    world = World()
    world.audit_store.down, world.log_sink.down = broken == "store", broken == "log"
    data = record().canonical().encode()
    (delivery,) = consume(world, [data])
    assert delivery.nacked == 1 and not delivery.acked
    world.audit_store.down = world.log_sink.down = False
    (delivery,) = consume(world, [data])
    assert delivery.acked and len(events(world)) == 1 and len(world.log_sink.lines) == 1


def test_a_database_restored_to_the_past_continues_from_the_store() -> None:
    world, metrics = World(), Metrics()
    ids = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(3)]
    consume(world, [record(id=ids[0]).canonical().encode(), record(id=ids[1]).canonical().encode()])
    believe(world, GENESIS)
    consume(world, [record(id=ids[2]).canonical().encode()], metrics)
    verify_chain(events(world))
    assert metrics.audit_breaks._value.get() == 1


def test_the_head_is_found_however_far_the_database_is_behind() -> None:
    world, metrics = World(), Metrics()
    for number in range(23):
        consume(
            world, [record(id=f"a{number}-{part}").canonical().encode() for part in range(1 + number % 3)]
        )
    believe(world, Link(5, "", "0" * 64))
    consume(world, [record(id="last").canonical().encode()], metrics)
    verify_chain(events(world))
    assert len(events(world)) == 45 + 1 and metrics.audit_breaks._value.get() == 1


def test_a_store_that_lost_records_is_believed_and_counted() -> None:
    world, metrics = World(), Metrics()
    believe(world, Link(7, "", "1" * 64))
    consume(world, [record().canonical().encode()], metrics)
    verify_chain(events(world))
    assert metrics.audit_breaks._value.get() == 1


def test_the_trail_is_only_added_to() -> None:
    world = World()
    for phase, status in (("intent", None), ("outcome", 201)):
        consume(world, [record(phase=phase, interaction="create", status=status).canonical().encode()])
    asked = [(method, body) for method, _, _, _, body in world.audit_store.received if method != "GET"]
    assert {method for method, _ in asked} == {"POST"}
    assert {entry["request"]["method"] for _, b in asked for entry in json.loads(b)["entry"]} == {"POST"}
    assert [extensions(event)["phase"] for event in events(world)] == ["intent", "outcome"]
    verify_chain(events(world))


def test_each_record_and_each_place_is_found_by_identifier() -> None:
    world = World()
    consume(world, [record(id=each).canonical().encode() for each in ("a", "b")])
    (links,) = [v[-1] for name, v in world.audit_store.versions.items() if name.startswith("Basic/")]
    found = {(each["system"], each["value"]) for each in links["identifier"]}
    assert found == {(SEQUENCE, "1"), (SEQUENCE, "2"), (RECORD, "a-access"), (RECORD, "b-access")}
    assert [event["meta"]["tag"][0]["code"] for event in events(world)] == ["a", "b"]


def test_a_chain_that_an_earlier_release_began_goes_on_without_a_break() -> None:
    world, metrics = World(), Metrics()
    first = record(id="first")
    link = next_link(GENESIS, first)
    event = audit_event(first, link, "https://riverside.example.org/fhir") | {"id": "first"}
    world.audit_store.versions["AuditEvent/first"] = [event]
    write_head(world, link)
    believe(world, link)
    again = [first.canonical().encode(), record(id="second").canonical().encode()]
    assert all(each.acked for each in consume(world, again, metrics))
    consume(world, [record(id="third").canonical().encode()], metrics)
    verify_chain(events(world))
    assert len(events(world)) == 3 and metrics.audit_breaks._value.get() == 0


def test_a_batch_that_claims_a_place_beyond_its_end_does_not_lead_anywhere() -> None:
    world = World()
    consume(world, [record(id="a").canonical().encode()])
    forged: dict[str, Any] = {"resourceType": "Basic", "id": "forged"}
    forged["identifier"] = [{"system": SEQUENCE, "value": "2"}]
    told = {"sequence": "0", "previous": "", "hash": GENESIS.hash}
    forged["extension"] = [{"url": f"urn:careplane:audit:{k}", "valueString": v} for k, v in told.items()]
    world.audit_store.versions["Basic/forged"] = [forged]
    (delivery,) = consume(world, [record(id="b").canonical().encode()])
    assert delivery.acked
    verify_chain(events(world))


def test_what_is_no_record_is_never_acknowledged() -> None:
    (delivery,) = consume(World(), [b"{}"])
    assert delivery.nacked == 1 and not delivery.acked


def test_notifications_are_counted_or_left_for_the_dead_letters() -> None:
    metrics = Metrics()
    good = FakeDelivery("1", b"", {"action": "CreateResource", "resourceType": "Patient"})
    bad = FakeDelivery("2", b"", {"action": "CreateResource", "resourceType": "secret"})
    for delivery in (good, bad):
        EventConsumer(metrics).receive(delivery)
    assert good.acked and bad.nacked == 1
    assert metrics.events.labels("CreateResource", "Patient")._value.get() == 1


def test_records_survive_their_own_json() -> None:
    assert AuditRecord.parse(record(references=("Patient/a",)).canonical().encode()) == record(
        references=("Patient/a",)
    )
    assert json.loads(record().canonical())["tenant"] == "riverside"


@pytest.mark.parametrize(
    "name", [SSN, f"name:{SSN}", f"_has:Observation:{SSN}:code", "Okafor", "name.Okafor"]
)
def test_a_value_in_the_place_of_a_parameters_name_is_not_written_down(name: str) -> None:
    world = World()
    with world.client() as http:
        http.get("/fhir/Patient", params={name: "x", "family:exact": "y", "_count": "1"})
    record = world.records()[-1]
    assert record.parameters == ("_count", "family:exact", "other")
    assert name not in record.canonical()
