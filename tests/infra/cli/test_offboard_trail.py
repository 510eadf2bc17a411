"""An audit trail is whole, or what is wrong with it is said; wherever it is read."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from infra.cli import offboard_archive
from infra.cli.google import Google
from infra.cli.offboard_archive import Archive
from infra.cli.offboard_cipher import Sealed
from infra.cli.offboard_export import AuditStore, Route, audit, trail
from infra.cli.offboard_trail import Chain, Reading
from infra.cli.operator import Operator

Events = list[dict[str, Any]]


def told(**values: object) -> list[dict[str, str]]:
    return [{"url": f"urn:careplane:audit:{key}", "valueString": str(each)} for key, each in values.items()]


def events(count: int) -> Events:
    """A chain as the runtime writes it (`runtime/audit/record.py`)."""
    found, head = [], "0" * 64
    for number in range(1, count + 1):
        record = json.dumps({"id": f"r{number}"})
        previous, head = head, hashlib.sha256(f"{head}\n{record}".encode()).hexdigest()
        found.append(
            {
                "resourceType": "AuditEvent",
                "id": f"e{number}",
                "extension": told(sequence=number, previous=previous, hash=head, record=record),
            }
        )
    return found


def chain(found: Events) -> Chain:
    made = Chain()
    for event in found:
        made.add(event)
    return made


def test_in_any_order_it_is_whole() -> None:
    found = events(50)
    head = found[-1]["extension"][2]["valueString"]
    random.Random(7).shuffle(found)
    assert chain(found).told() == {"places": 50, "head": head, "flaws": []}
    assert chain([]).told() == {"places": 0, "head": "", "flaws": []}


def without(number: int) -> Callable[[Events], Events]:
    return lambda found: found[: number - 1] + found[number:]


def reworded(found: Events) -> Events:
    found[3]["extension"][3]["valueString"] = "{}"
    return found


def rehashed(found: Events) -> Events:
    """Whoever changes a record can hash it again; the one after it tells."""
    _, previous, digest, record = found[3]["extension"]
    record["valueString"] = "{}"
    text = f"{previous['valueString']}\n{{}}"
    digest["valueString"] = hashlib.sha256(text.encode()).hexdigest()
    return found


def twice(found: Events) -> Events:
    return [*found, found[4]]


def placeless(found: Events) -> Events:
    found[5]["extension"] = []
    return found


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without(5), ["8 events stand in 9 places"]),
        (without(1), ["it begins at place 2"]),
        (reworded, ["1 events are not what their hash covers"]),
        (rehashed, ["events do not follow each other"]),
        (twice, ["10 events stand in 9 places"]),
        (placeless, ["1 events have no place in the chain", "8 events stand in 9 places"]),
    ],
)
def test_what_is_wrong_is_said(spoil: Callable[[Events], Events], said: list[str]) -> None:
    assert chain(spoil(events(9))).flaws() == said


@dataclass
class Store:
    """Answers what `passes` hold, one after the other, each in pages of two."""

    passes: list[Events]
    url: str = "http://store/fhir"
    asked: list[str] = field(default_factory=list)

    def get(self, url: str) -> dict[str, Any]:
        self.asked.append(url)
        query = url.partition("?")[2]
        start = int(query.rpartition("from=")[2]) if "from=" in query else 0
        found = self.passes[0]
        more = len(found) > start + 2
        if not more and len(self.passes) > 1:
            self.passes.pop(0)
        page = [{"resource": each} for each in found[start : start + 2]]
        following = {"relation": "next", "url": f"{self.url}/AuditEvent?from={start + 2}"}
        return {"entry": page, "link": [following] if more else []}


def read(store: Store) -> tuple[Reading, list[dict[str, Any]], list[float]]:
    waited: list[float] = []
    reading = Reading(store, waited.append)
    return reading, [json.loads(line) for line in reading.lines()], waited


def test_what_one_reading_missed_the_next_one_finds_and_nothing_comes_twice() -> None:
    found = events(5)
    reading, lines, waited = read(Store([without(3)(found), found]))
    assert sorted(each["id"] for each in lines) == ["e1", "e2", "e3", "e4", "e5"]
    assert reading.count == 5 and reading.chain.flaws() == [] and waited == [5.0]


def test_a_trail_that_stays_broken_is_read_to_its_end_all_the_same() -> None:
    reading, lines, waited = read(Store([without(3)(events(5))]))
    assert reading.count == len(lines) == 4 and len(waited) == 2
    assert reading.chain.flaws() == ["4 events stand in 5 places"]


def test_it_is_in_the_archive_by_the_line(tmp_path: Path) -> None:
    with Sealed(tmp_path / "export", X25519PrivateKey.generate().public_key()) as sealed:
        archive = Archive(sealed)
        assert audit(Store([events(3)]), archive).count == 3
        archive.close({})
    offboard_archive.verify(tmp_path / "export", sealed.data_key, tmp_path / "out")
    lines = (tmp_path / "out/audit/AuditEvent-00001.ndjson").read_text().splitlines()
    assert [json.loads(line) for line in lines] == events(3)


def test_where_it_is_read() -> None:
    operator = Operator(Google({"healthcare": "https://healthcare.example/v1beta1/"}, "t"))
    route = Route("https://riverside.example/fhir", "echo t", "http://127.0.0.1:9/fhir")
    name = "projects/p/instances/audit/databases/riverside-audit"
    found = trail(operator, {"auditStore": name}, route)
    assert isinstance(found, Route)
    assert (found.url, found.reached) == ("https://riverside.example/audit", "http://127.0.0.1:9/audit")
    store = "projects/p/locations/l/datasets/d/fhirStores/audit"
    there = trail(operator, {"auditStore": store}, route)
    assert isinstance(there, AuditStore)
    assert there.url == f"https://healthcare.example/v1beta1/{store}/fhir"
