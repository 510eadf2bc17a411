"""HL7v2 messages by way of the Healthcare API."""

from __future__ import annotations

import base64

import pytest

from localcloud.healthcare import hl7v2
from tests.localcloud.healthcare.local import DATASET, Local
from tests.shared_data import shared

FEEDS = f"{DATASET}/hl7V2Stores/feeds"
ADT = (
    "MSH|^~\\&|LAB|HOSP|EHR|CARE|20240501103000+0200||ADT^A01|42|P|2.5\rEVN|A01|20240501\r"
    "PID|1||M-1^^^HOSP^MR~999^^^US^SS||Müller^Ann\r"
)


def _body(text: str = ADT) -> dict[str, object]:
    return {"message": {"data": base64.b64encode(text.encode()).decode()}}


def test_a_message_is_ingested_acknowledged_and_read_back(local: Local) -> None:
    answer = local.ok("POST", f"{FEEDS}/messages:ingest", _body())
    stored = answer["message"]
    assert (stored["messageType"], stored["sendFacility"], stored["sendTime"]) == (
        "ADT",
        "HOSP",
        "2024-05-01T08:30:00Z",
    )
    assert stored["patientIds"] == [{"value": "M-1", "type": "MR"}, {"value": "999", "type": "SS"}]
    assert base64.b64decode(answer["hl7Ack"]).decode().endswith("MSA|AA|42\r")
    assert local.ok("GET", stored["name"]) == stored
    assert base64.b64decode(local.ok("GET", stored["name"] + "?view=RAW_ONLY")["data"]).decode() == ADT
    fields = stored["parsedData"]["segments"][2]["fields"]
    assert fields["5.1"] == "Müller" and fields["3(1).1"] == "999"


def test_a_duplicate_is_refused_until_the_first_is_deleted(local: Local) -> None:
    name = local.ok("POST", f"{FEEDS}/messages", _body())["name"]
    assert local.send("POST", f"{FEEDS}/messages", _body()).status == 409
    local.ok("DELETE", name)
    local.ok("POST", f"{FEEDS}/messages", _body())


def test_list_and_filter(local: Local) -> None:
    name = local.ok("POST", f"{FEEDS}/messages", _body())["name"]
    local.ok("POST", f"{FEEDS}/messages", _body(ADT.replace("ADT^A01", "ORU^R01")))
    assert len(local.ok("GET", f"{FEEDS}/messages")["hl7V2Messages"]) == 2
    assert local.ok("GET", f'{FEEDS}/messages?filter=messageType="ADT"')["hl7V2Messages"] == [{"name": name}]
    assert local.send("GET", f"{FEEDS}/messages?filter=colour%20is%20blue").status == 400


def test_the_topic_hears_of_a_message(local: Local) -> None:
    name = local.ok("POST", f"{FEEDS}/messages", _body())["name"]
    pulled = local.ok(
        "POST", "projects/careplane-cell/subscriptions/seen:pull", {"maxMessages": 10}, "pubsub"
    )
    message = pulled["receivedMessages"][0]["message"]
    assert base64.b64decode(message["data"]).decode() == name and message["attributes"]["msgType"] == "ADT"


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "first segment must be MSH"),
        ("PID|1", "first segment must be MSH"),
        ("MSH|^~\\&|A|B|C|D|2024||ADT^A01|1|P|2.5\rhello", "segment 2 begins with 'hel'"),
        ("MSH|^~\\&|A|B|C|D|2024|||1|P|2.5", "MSH-9"),
    ],
)
def test_bad_messages_are_refused_with_a_sentence(local: Local, text: str, sentence: str) -> None:
    answer = local.send("POST", f"{FEEDS}/messages", _body(text))
    assert answer.status == 400 and sentence in answer.body["error"]["message"]
    assert local.send("POST", f"{FEEDS}/messages", {"message": {"data": "!"}}).status == 400
    assert local.ok("GET", f"{FEEDS}/messages") == {}


def test_real_messages_parse() -> None:
    for path in sorted(shared("hl7v2/messages").rglob("*.hl7")):
        message = hl7v2.read(path.read_bytes())
        assert hl7v2.facts(message)["messageType"]
        assert hl7v2.parsed(message)["segments"]
