"""Search: each kind of parameter, paging, sorting, includes."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.fhir.search.run import PAGE_BYTES
from tests.runtime.fhir.client import Client
from tests.runtime.fhir.conftest import ClientFactory

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"


def _patient(id_: str, family: str, birth: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": id_,
        "birthDate": birth,
        "gender": "female",
        "name": [{"family": family, "given": ["Ann Marie"]}],
        "identifier": [{"system": "urn:mrn", "value": id_}],
        **more,
    }


def _observation(id_: str, patient: str, when: str, value: str, code: str) -> bytes:
    return (
        f'{{"resourceType":"Observation","id":"{id_}","status":"final","subject":{{"reference":"Patient/{patient}"}},'
        f'"code":{{"coding":[{{"system":"{LOINC}","code":"{code}"}}]}},"effectiveDateTime":"{when}",'
        f'"valueQuantity":{{"value":{value},"unit":"kg","system":"{UCUM}","code":"kg"}}}}'
    ).encode()


@pytest.fixture
def store(fhir_factory: ClientFactory) -> Client:
    client = fhir_factory(strict_search=True)
    client.json("PUT", "Patient/p1", _patient("p1", "Müller", "1980-02-03", active=True), 201)
    client.json(
        "PUT", "Patient/p2", _patient("p2", "Muller-Smith", "1980-02-28", deceasedDateTime="2020"), 201
    )
    client.json(
        "PUT",
        "Patient/p3",
        _patient(
            "p3",
            "Smith",
            "1979",
            gender="male",
            telecom=[{"system": "phone", "value": "555"}, {"system": "email", "value": "a@b"}],
        ),
        201,
    )
    client.json(
        "PUT", "Observation/o1", _observation("o1", "p1", "2024-05-01T10:00:00Z", "70.5", "29463-7"), 201
    )
    client.json("PUT", "Observation/o2", _observation("o2", "p1", "2024-06-01", "71.0", "29463-7"), 201)
    client.json("PUT", "Observation/o3", _observation("o3", "p3", "2023", "180", "8302-2"), 201)
    return client


CASES = {
    "Patient?family=mull": "p1 p2",
    "Patient?family=MÜLLER": "p1 p2",
    "Patient?family:exact=Müller": "p1",
    "Patient?family:contains=smi": "p2 p3",
    "Patient?family=smith,müll": "p1 p2 p3",
    "Patient?family=zz": "",
    "Patient?family=mull&birthdate=1980-02-03": "p1",
    "Patient?given=ann%20m": "p1 p2 p3",
    "Patient?name=smi": "p3",
    "Patient?gender=male": "p3",
    "Patient?gender:not=male": "p1 p2",
    "Patient?active=true": "p1",
    "Patient?active:missing=true": "p2 p3",
    "Patient?deceased=true": "p2",
    "Patient?phone=555": "p3",
    "Patient?email=555": "",
    "Patient?identifier=p1": "p1",
    "Patient?identifier=urn:mrn|p1": "p1",
    "Patient?identifier=|p1": "",
    "Patient?identifier=urn:mrn|": "p1 p2 p3",
    "Patient?identifier=urn:x|p1": "",
    "Patient?identifier=p1,p2": "p1 p2",
    "Patient?_id=p1,p3": "p1 p3",
    "Patient?_lastUpdated=gt2020": "p1 p2 p3",
    "Patient?_lastUpdated=lt2020": "",
    "Patient?birthdate=1980": "p1 p2",
    "Patient?birthdate=1979": "p3",
    "Patient?birthdate=gt1980-02-03": "p2",
    "Patient?birthdate=ge1980-02-03": "p1 p2",
    "Patient?birthdate=lt1980": "p3",
    "Patient?birthdate=le1980-02-03": "p1 p3",
    "Patient?birthdate=ne1980-02-03": "p2 p3",
    "Patient?birthdate=sa1979": "p1 p2",
    "Patient?birthdate=eb1980": "p3",
    "Patient?birthdate=1979-05": "",
    "Patient?birthdate=ge1980-02-03&birthdate=lt1980-02-10": "p1",
    "Observation?patient=Patient/p1": "o1 o2",
    "Observation?patient=p1": "o1 o2",
    "Observation?subject:Patient=p3": "o3",
    "Observation?subject=http://store.test/fhir/Patient/p1": "o1 o2",
    "Observation?code=http://loinc.org|29463-7": "o1 o2",
    "Observation?date=2024-05-01": "o1",
    "Observation?date=ge2024": "o1 o2",
    "Observation?date=2024-05-01T10:00:00%2B00:00": "o1",
    "Observation?date=ap2024-05-15": "o1 o2",
    "Observation?value-quantity=70.5": "o1",
    "Observation?value-quantity=71": "o1 o2",
    "Observation?value-quantity=71.0": "o2",
    "Observation?value-quantity=70.5|http://unitsofmeasure.org|kg": "o1",
    "Observation?value-quantity=70.5||g": "",
    "Observation?value-quantity=gt71": "o3",
    "Observation?value-quantity=ge71.0": "o2 o3",
    "Observation?value-quantity=lt71": "o1",
    "Observation?status=final&patient=p3": "o3",
    "Observation?patient.family=müller": "o1 o2",
    "Observation?subject:Patient.identifier=p3": "o3",
    "Patient?_has:Observation:patient:code=8302-2": "p3",
    "Patient?_has:Observation:patient:date=ge2024": "p1",
}


@pytest.mark.parametrize("url", CASES)
def test_a_search_finds_exactly_what_matches(store: Client, url: str) -> None:
    assert sorted(store.found(url)) == CASES[url].split()


def test_post_search_is_the_same_search(store: Client) -> None:
    form = "application/x-www-form-urlencoded"
    bundle = store.json(
        "POST",
        "Patient/_search?gender=female",
        b"family=mull&_count=1&_total=accurate",
        200,
        content_type=form,
    )
    assert bundle["total"] == 2 and len(bundle["entry"]) == 1
    assert store.refusal("POST", "Patient/_search", b"{}", content_type="application/json")[0] == 415


@pytest.mark.parametrize(
    "sort, expected",
    [
        ("_id", "o1 o2 o3"),
        ("-_id", "o3 o2 o1"),
        ("date", "o3 o1 o2"),
        ("-date", "o2 o1 o3"),
        ("_lastUpdated", "o1 o2 o3"),
        ("-_lastUpdated", "o3 o2 o1"),
        ("-date,_id", "o2 o1 o3"),
        ("_id,-date", "o1 o2 o3"),
    ],
)
@pytest.mark.parametrize("count", [1, 2, 10])
def test_pages_follow_the_order_and_lose_nothing(store: Client, sort: str, expected: str, count: int) -> None:
    seen, url = [], f"Observation?_sort={sort}&_count={count}"
    while url:
        page = store.json("GET", url, None, 200)
        seen += [entry["resource"]["id"] for entry in page.get("entry", [])]
        url = next(
            (
                link["url"].removeprefix("http://store.test/fhir/")
                for link in page["link"]
                if link["relation"] == "next"
            ),
            "",
        )
    assert seen == expected.split()


def test_pages_are_stable_while_resources_change(store: Client) -> None:
    first = store.json("GET", "Observation?_count=2", None, 200)
    store.json("PUT", "Observation/o1", _observation("o1", "p1", "2024", "1", "x"), 200)
    store.json("PUT", "Observation/o9", _observation("o9", "p1", "2024", "1", "x"), 201)
    following = first["link"][1]["url"].removeprefix("http://store.test/fhir/")
    assert [e["resource"]["id"] for e in first["entry"]] + store.found(following) == ["o3", "o2", "o1"]


def test_totals_and_counts(store: Client) -> None:
    assert store.json("GET", "Patient?_summary=count", None, 200)["total"] == 3
    assert store.json("GET", "Patient?_count=0&family=smith", None, 200)["total"] == 1
    assert "total" not in store.json("GET", "Patient", None, 200)


def test_includes(store: Client) -> None:
    bundle = store.json("GET", "Observation?_id=o1,o2&_include=Observation:subject", None, 200)
    modes = {entry["resource"]["id"]: entry["search"]["mode"] for entry in bundle["entry"]}
    assert modes == {"o1": "match", "o2": "match", "p1": "include"}
    assert sorted(store.found("Patient?_id=p1&_revinclude=Observation:patient")) == ["o1", "o2", "p1"]
    assert store.refusal("GET", "Patient?_include=Patient:family")[0] == 400


def test_an_update_replaces_what_is_found(store: Client) -> None:
    store.json("PUT", "Patient/p1", _patient("p1", "Other", "2001-01-01"), 200)
    assert store.found("Patient?family=müller") == ["p2"] and store.found("Patient?family=other") == ["p1"]


@pytest.mark.parametrize(
    "query",
    [
        "&".join(["name=a"] * 499),
        "&".join(["link:Patient.link:Patient.name=x"] * 20),
        "link:Patient." * 60 + "name=x",
        "link:Patient." * 3000 + "name=x",
        "_has:Patient:link:" * 60 + "name=x",
        "_sort=" + ",".join(["birthdate"] * 1700),
        "_id=" + ",".join(f"a{i}" for i in range(70_000)),
        "&".join(["_revinclude=Observation:subject"] * 100),
    ],
)
def test_a_search_that_would_hold_up_everyone_else_is_refused(store: Client, query: str) -> None:
    status, code, text = store.refusal("GET", f"Patient?{query}")
    assert (status, code) == (400, "too-costly"), text
    assert "allowed: up to" in text


def test_a_generous_search_is_not(store: Client) -> None:
    query = "&".join(["name=a"] * 20 + ["_include=Patient:link"] * 20) + "&_id=" + "a," * 500 + "p1"
    assert store.json("GET", f"Patient?{query}", None, 200)["type"] == "searchset"


def test_a_page_of_large_resources_is_shorter_and_nothing_is_left_out(fhir_factory: ClientFactory) -> None:
    store = fhir_factory()
    for number in range(5):
        text = {"status": "generated", "div": "x" * (PAGE_BYTES * 3 // 8)}
        store.json(
            "PUT", f"Basic/b{number}", {"resourceType": "Basic", "id": f"b{number}", "text": text}, 201
        )
    pages, url = [], "Basic?_sort=_id&_count=200"
    while url:
        bundle = store.json("GET", url, None, 200)
        pages.append([entry["resource"]["id"] for entry in bundle["entry"]])
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        url = links.get("next", "").removeprefix("http://store.test/fhir/")
    assert pages == [["b0", "b1", "b2"], ["b3", "b4"]]
