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
from infra.cli.google import Google
from infra.cli.offboard_archive import Archive
from infra.cli.offboard_cipher import Sealed
from infra.cli.offboard_export import ExportFailed, Route, documents, documents_since, records
from tests.infra.cli.answering import answering

DOCUMENT = b"%PDF" * 100
RAW = [f'{{"resourceType":"Observation","id":"{n}","valueQuantity":{{"value":1.10}}}}' for n in range(3)]


class Endpoint:
    """A FHIR endpoint with three observations in pages of two; its first token has expired."""

    def __init__(self) -> None:
        self.url = ""
        self.total = 3
        self.refused = 0

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        if self.refused == 0:
            self.refused += 1
            return 401, b"{}"
        assert headers["authorization"] == "Bearer token"
        if path == "/metadata":
            kinds = [
                {"type": kind, "interaction": [{"code": "search-type"}]} for kind in ("New", "Observation")
            ]
            return 200, json.dumps({"rest": [{"resource": kinds}]}).encode()
        if path.startswith("/New"):
            return 404, b"{}"
        if "_summary=count" in path:
            return 200, json.dumps({"total": self.total}).encode()
        if "page=2" in path:
            return 200, self.bundle(RAW[1:], "")
        return 200, self.bundle(RAW[:2], f"{self.url}/Observation?page=2")

    def bundle(self, resources: list[str], following: str) -> bytes:
        links = [{"relation": "next", "url": following}] if following else []
        entries = ",".join(f'{{"resource":{each}}}' for each in resources)
        return f'{{"resourceType":"Bundle","link":{json.dumps(links)},"entry":[{entries}]}}'.encode()


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


def route(endpoint: Endpoint) -> Route:
    return Route(endpoint.url, f"{sys.executable} -c 'print(\"token\")'")


def test_every_page_is_read_once_with_every_digit(endpoint: Endpoint, tmp_path: Path) -> None:
    reader = route(endpoint)
    with Sealed(tmp_path / "export", X25519PrivateKey.generate().public_key()) as sealed:
        archive = Archive(sealed)
        assert records(reader, archive) == {"Observation": 3}
        archive.close({})
    offboard_archive.verify(tmp_path / "export", sealed.data_key, tmp_path / "out")
    lines = (tmp_path / "out/fhir/Observation-00001.ndjson").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["0", "1", "2"]
    assert all('"value": 1.10' in line for line in lines)
    assert reader.not_offered == {"New"}


def test_a_count_that_the_endpoint_disagrees_with_is_refused(endpoint: Endpoint, sealed: Sealed) -> None:
    endpoint.total = 4
    with pytest.raises(ExportFailed, match="3 were read, the endpoint counts 4"):
        records(route(endpoint), Archive(sealed))


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
        google, archive = Google({"storage": f"{url}/"}, "t"), Archive(sealed)
        if whole:
            assert documents(google, "docs", archive) == 1
            assert [each.name for each in archive.entries] == ["documents/000001", "documents/index.ndjson"]
        else:
            with pytest.raises(ExportFailed, match="hash"):
                documents(google, "docs", archive)


def test_documents_made_or_overwritten_after_the_export_are_counted() -> None:
    times = ("2026-11-25T10:00:00.000Z", "2026-11-25T10:00:00.002Z", "2026-11-25T11:00:00Z")
    items = [{"name": str(n), "timeCreated": time} for n, time in enumerate(times)]
    with answering(lambda path, headers: (200, json.dumps({"items": items}).encode())) as url:
        assert (
            documents_since(Google({"storage": f"{url}/"}, "t"), "docs", "2026-11-25T10:00:00.001+00:00") == 2
        )
