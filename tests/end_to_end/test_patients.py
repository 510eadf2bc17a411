"""A real patient goes in through the public route and comes out equal."""

from __future__ import annotations

import gzip
from itertools import islice
from typing import Any

import httpx
import pytest

from tests.end_to_end.place import Place
from tests.end_to_end.records import SSN, dumps, loads, places, same, small_bundle
from tests.shared_data import shared

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

JSON = "application/fhir+json"


def client(place: Place, tenant: str) -> httpx.Client:
    base = place.outputs(f"local-tenant-{tenant}")["fhirUrl"]
    headers = {"Authorization": f"Bearer {place.token(tenant)}", "Content-Type": JSON, "Accept": JSON}
    return httpx.Client(base_url=base, headers=headers, timeout=120)


def goes_in_and_comes_out(fhir: httpx.Client, raw: bytes) -> dict[str, str]:
    """Post a transaction, read every entry back, require equality; where each entry went."""
    bundle: dict[str, Any] = loads(raw)
    answer = fhir.post("", content=raw)
    assert answer.status_code == 200, answer.text[:2000]
    moved = places(bundle, loads(answer.content))
    for entry in bundle["entry"]:
        got = fhir.get(f"/{moved[entry['fullUrl']]}")
        assert got.status_code == 200
        assert same(entry["resource"], loads(got.content), moved), entry["fullUrl"]
    return moved


@pytest.mark.parametrize("tenant", ["riverside", "lakeside"])
def test_our_own_bundle_reads_back_equal_and_is_found(place: Place, tenant: str) -> None:
    family = f"Ærøskøbing-{tenant}"
    with client(place, tenant) as fhir:
        moved = goes_in_and_comes_out(fhir, dumps(small_bundle(family, "999-12-3456")))
        found = loads(fhir.get("/Patient", params={"family": family}).content)
        assert [f"Patient/{e['resource']['id']}" for e in found["entry"]] == [
            place for place in moved.values() if place.startswith("Patient/")
        ]


def test_encrypted_identifier_is_found_by_its_value_and_stands_nowhere_in_clear(place: Place) -> None:
    number = "999-77-0042"
    with client(place, "riverside") as fhir:
        goes_in_and_comes_out(fhir, dumps(small_bundle("Blindindex", number)))
        found = loads(fhir.get("/Patient", params={"identifier": f"{SSN}|{number}"}).content)
        assert [e["resource"]["name"][0]["family"] for e in found["entry"]] == ["Blindindex"]
    store = place.outputs("local-tenant-riverside")["fhirStore"]
    stored = place.google("GET", 13, f"/v1/{store}/fhir/Patient?family=Blindindex")
    assert stored.status_code == 200
    assert "Blindindex" in stored.text
    assert number not in stored.text


def _bundles() -> list[bytes]:
    """The three smallest transactions of patients."""
    by_size = sorted(shared("synthea").glob("*.json.gz"), key=lambda path: path.stat().st_size)
    unpacked = (gzip.decompress(path.read_bytes()) for path in by_size if "Information" not in path.name)
    return list(islice(unpacked, 3))


def test_synthea_bundles_read_back_equal_and_are_found(place: Place) -> None:
    with client(place, "riverside") as fhir:
        for raw in _bundles():
            moved = goes_in_and_comes_out(fhir, raw)
            patient = next(
                e["resource"] for e in loads(raw)["entry"] if e["resource"]["resourceType"] == "Patient"
            )
            found = loads(fhir.get("/Patient", params={"family": patient["name"][0]["family"]}).content)
            assert {f"Patient/{e['resource']['id']}" for e in found["entry"]} & set(moved.values())


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/Patient", b"{not json", 400),
        ("/Patient", b'{"resourceType": "Observation"}', 400),
        ("/Patience", b'{"resourceType": "Patience"}', 404),
        ("/Patient", b" " * (31 * 1024 * 1024), 413),
    ],
)
def test_bad_input_is_one_operation_outcome(place: Place, path: str, content: bytes, status: int) -> None:
    with client(place, "lakeside") as fhir:
        answer = fhir.post(path, content=content)
        assert answer.status_code == status, answer.text[:500]
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert fhir.get("/metadata").status_code == 200
