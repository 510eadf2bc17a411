from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from infra.cli import offboard_archive
from infra.cli.bulk import ExportFailed, Marks, difference
from infra.cli.google import Google
from infra.cli.offboard_archive import Archive
from infra.cli.offboard_cipher import Sealed
from infra.cli.offboard_export import (
    AuditStore,
    Operator,
    Route,
    documents,
    documents_now,
    documents_since,
    records,
    versions,
)
from tests.infra.cli.answering import answering

DOCUMENT = b"%PDF" * 100
RAW = [
    f'{{"resourceType":"Observation","id":"{n}","meta":{{"versionId":"1"}},"valueQuantity":{{"value":1.10}}}}'
    for n in range(3)
]


class Endpoint:
    """A FHIR endpoint with observations; its first token has expired, its export takes a while."""

    def __init__(self) -> None:
        self.url = ""
        self.lines = list(RAW)
        self.count: int | None = 3
        self.refused = self.asked = self.broken = 0
        self.queries: list[str] = []

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        if self.refused == 0:
            self.refused += 1
            return 401, b"{}", {}
        assert headers["authorization"] == "Bearer token"
        if path.startswith("/$export/job/"):
            return self.file()
        if path == "/$export/job":
            self.asked += 1
            done = self.asked % 2 == 0
            return (200, self.manifest(), {}) if done else (202, b"", {"retry-after": "0"})
        assert path.startswith("/$export") and headers["prefer"] == "respond-async"
        self.queries.append(path.partition("?")[2])
        return 202, b"", {"content-location": f"{self.url}/$export/job"}

    def manifest(self) -> bytes:
        url = f"{self.url}/$export/job/Observation.ndjson"
        file = {"type": "Observation", "url": url, "count": self.count}
        output = [{k: v for k, v in file.items() if v is not None}] if self.lines else []
        return json.dumps({"transactionTime": "2026-11-25T10:00:00Z", "output": output}).encode()

    def file(self) -> tuple[int, bytes, dict[str, str]]:
        body = "".join(f"{line}\n" for line in self.lines).encode()
        if self.broken:
            self.broken -= 1
            return 200, body[: len(body) // 2], {"content-length": str(len(body))}
        return 200, body, {}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    with answering(made.answer) as url:
        made.url = url
        yield made


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Sealed]:
    with Sealed(tmp_path / "export", X25519PrivateKey.generate().public_key()) as made:
        yield made


def long(number: int) -> str:
    """Of a length that shows what is read by blocks of 64 KiB."""
    text = RAW[0].replace('"0"', f'"{number}"')[:-1]
    return text + ',"note":[{"text":"' + "x" * 30_000 + '"}]}'


def route(endpoint: Endpoint) -> Route:
    return Route(endpoint.url, f"{sys.executable} -c 'print(\"token\")'")


def test_every_resource_is_read_once_with_every_digit_even_where_an_answer_breaks_off(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.broken = 1
    endpoint.lines = made = [long(n) for n in range(6)]
    endpoint.count = 6
    with Sealed(tmp_path / "export", X25519PrivateKey.generate().public_key()) as sealed:
        archive = Archive(sealed)
        taken = records(route(endpoint), archive)
        archive.close({})
    assert taken.counts == {"Observation": 6} and taken.transaction_time == "2026-11-25T10:00:00Z"
    offboard_archive.verify(tmp_path / "export", sealed.data_key, tmp_path / "out")
    assert (tmp_path / "out/fhir/Observation-00001.ndjson").read_text().splitlines() == made


@pytest.mark.parametrize(
    ("count", "said"), [(4, "3 were read, the endpoint counts 4"), (None, "is written to at this moment")]
)
def test_a_count_that_the_endpoint_disagrees_with_is_refused(
    endpoint: Endpoint, sealed: Sealed, count: int | None, said: str
) -> None:
    endpoint.count = count
    with pytest.raises(ExportFailed, match=said):
        records(route(endpoint), Archive(sealed))


def test_an_endpoint_without_bulk_export_is_told(sealed: Sealed) -> None:
    with answering(lambda path, headers: (404, b"{}")) as url:
        with pytest.raises(ExportFailed, match=r"answers 404 to \$export"):
            records(Route(url, f"{sys.executable} -c 'print(1)'"), Archive(sealed))


@pytest.mark.parametrize("became", ["same", "deleted", "added", "changed", "all deleted"])
def test_whatever_became_of_the_records_since_is_seen(
    endpoint: Endpoint, sealed: Sealed, became: str
) -> None:
    then = records(route(endpoint), Archive(sealed)).marks
    endpoint.lines, expected = {
        "same": (RAW[::-1], ""),
        "deleted": (RAW[1:], "3 were exported, 2 are there"),
        "added": ([*RAW, RAW[0].replace('"0"', '"9"')], "3 were exported, 4 are there"),
        "changed": ([RAW[0].replace('Id":"1"', 'Id":"2"'), *RAW[1:]], "not the same versions"),
        "all deleted": ([], "3 were exported, 0 are there"),
    }[became]
    now = versions(route(endpoint))
    assert endpoint.queries == ["", "_elements=id"]
    said = difference(then.get("Observation"), now.get("Observation"))
    assert said == "" if became == "same" else expected in said


def test_what_was_written_since_is_asked_for_by_instant(endpoint: Endpoint) -> None:
    assert versions(route(endpoint), "2026-11-25T10:00:00+00:00")["Observation"]["count"] == 3
    assert endpoint.queries == ["_elements=id&_since=2026-11-25T10%3A00%3A00%2B00%3A00"]


def jwt(ends: float) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps({'exp': ends}).encode()).decode().rstrip('=')}.x"


def test_google_is_called_with_another_token_once_the_first_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "second")
    seen = []

    def answer(path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        seen.append(headers["authorization"])
        return 200, b'{"entry": []}'

    with answering(answer) as url:
        addresses = {"storage": f"{url}/", "healthcare": f"{url}/"}
        for ends in (2e10, 1.0):
            operator = Operator(Google(addresses, jwt(ends)))
            assert documents_now(operator, "docs").count == 0
            assert AuditStore(operator, "s").get(f"{url}/s") == {"entry": []}
    assert seen == [*[f"Bearer {jwt(2e10)}"] * 2, *["Bearer second"] * 2]


def test_a_token_command_that_fails_is_told(endpoint: Endpoint, sealed: Sealed) -> None:
    with pytest.raises(ExportFailed, match="--token-command failed"):
        records(Route(endpoint.url, f"{sys.executable} -c 'raise SystemExit(3)'"), Archive(sealed))


@pytest.mark.parametrize("whole", [True, False])
def test_documents_are_compared_with_the_hash_that_storage_keeps(sealed: Sealed, whole: bool) -> None:
    digest = base64.b64encode(hashlib.md5(DOCUMENT, usedforsecurity=False).digest()).decode()
    item = {"name": "a/../b", "size": str(len(DOCUMENT)), "md5Hash": digest, "generation": "7"}

    def answer(path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        if "alt=media" in path:
            assert path.startswith("/b/docs/o/a%2F..%2Fb?")
            return 200, DOCUMENT if whole else DOCUMENT.replace(b"P", b"Q", 1)
        return 200, json.dumps({"items": [item]}).encode()

    with answering(answer) as url:
        operator, archive = Operator(Google({"storage": f"{url}/"}, "t")), Archive(sealed)
        if whole:
            seen = documents(operator, "docs", archive)
            assert seen == documents_now(operator, "docs") and seen.count == 1
            assert [each.name for each in archive.entries] == ["documents/000001", "documents/index.ndjson"]
        else:
            with pytest.raises(ExportFailed, match="hash"):
                documents(operator, "docs", archive)


def test_documents_made_or_overwritten_after_the_export_are_counted() -> None:
    times = ("2026-11-25T10:00:00.000Z", "2026-11-25T10:00:00.002Z", "2026-11-25T11:00:00Z")
    items = [{"name": str(n), "timeCreated": time} for n, time in enumerate(times)]
    with answering(lambda path, headers: (200, json.dumps({"items": items}).encode())) as url:
        operator = Operator(Google({"storage": f"{url}/"}, "t"))
        assert documents_since(operator, "docs", "2026-11-25T10:00:00.001+00:00") == 2


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ([("a", "1"), ("b", "1")], ""),
        ([("b", "1"), ("a", "1")], ""),
        ([("a", "1")], "2 were exported, 1 are there"),
        ([("a", "1"), ("b", "2")], "not the same versions"),
        ([("a", "1"), ("b", "1"), ("c", "1")], "2 were exported, 3 are there"),
    ],
)
def test_whatever_became_of_the_documents_since_is_seen(now: list[tuple[str, str]], expected: str) -> None:
    then = Marks()
    for each in (("a", "1"), ("b", "1")):
        then.add(*each)
    items = [{"name": name, "generation": generation} for name, generation in now]
    with answering(lambda path, headers: (200, json.dumps({"items": items}).encode())) as url:
        there = documents_now(Operator(Google({"storage": f"{url}/"}, "t")), "docs")
    said = difference(then.told(), there.told())
    assert expected in said and bool(expected) == bool(said)


def test_a_type_is_counted_by_its_ids_page_by_page_and_never_by_what_a_store_may_not_count() -> None:
    asked: list[tuple[str, str]] = []

    def answer(path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        asked.append((path, headers["prefer"]))
        ids = "cd" if "page=2" in path else "abc"
        found: list[dict[str, str]] = [{"resourceType": "Patient", "id": each} for each in ids]
        found.append({"resourceType": "OperationOutcome", "id": "o"})
        links = [] if "page=2" in path else [{"relation": "next", "url": f"{made}/Patient?page=2"}]
        bundle = {"total": 1, "entry": [{"resource": each} for each in found], "link": links}
        return 200, json.dumps(bundle).encode()

    with answering(answer) as made:
        assert Route(made, f"{sys.executable} -c 'print(1)'").count("Patient") == 4
    assert [path for path, _ in asked] == [
        "/Patient?_elements=id&_sort=_id&_count=1000", "/Patient?page=2",
    ]  # fmt: skip
    assert {prefer for _, prefer in asked} == {"handling=lenient"}


def test_in_a_rehearsal_all_that_the_endpoint_names_is_asked_of_the_service(
    endpoint: Endpoint, sealed: Sealed
) -> None:
    reached, endpoint.url = endpoint.url, "https://riverside.example/fhir"
    rehearsed = Route(endpoint.url, f"{sys.executable} -c 'print(\"token\")'", reached)
    assert records(rehearsed, Archive(sealed)).counts == {"Observation": 3}
