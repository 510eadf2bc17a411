"""An export of a tenant that runs on a local cloud: its records, documents and audit trail."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import ECKey

from infra.cli import offboard_archive, offboard_cipher
from infra.cli.google import Google
from infra.cli.offboard_source import Source
from runtime.settings import US_SSN
from tests.infra.cli.test_offboard_cipher import pair
from tests.localcloud import running
from tests.runtime.live.place import PROJECT, Place
from tests.runtime.world import SSN, patient

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    cloud = running.start(tmp_path_factory.mktemp("offboard"))
    try:
        place = Place(cloud, "riverside", ECKey.generate_key("P-256", {"kid": "k1"}))
        place.make()
        bucket = {"name": "docs", "location": "EUROPE-WEST3"}
        place.call("storage", "POST", "/storage/v1/b", bucket, project=PROJECT)
        with place.client() as http:
            for identity in ("a", "b"):
                assert http.put(f"/fhir/Patient/{identity}", json=patient(id=identity)).status_code == 201
        upload(place, "scan", b"%PDF-1")
        yield place
    finally:
        cloud.close()


def storage(place: Place, verb: str, path: str, content: bytes = b"") -> None:
    answer = place.cloud.request("storage", verb, path, content=content)
    assert answer.status_code < 300, answer.text


def upload(place: Place, name: str, content: bytes) -> None:
    storage(place, "POST", f"/upload/storage/v1/b/docs/o?uploadType=media&name={name}", content)


def source(place: Place) -> Source:
    addresses = {
        "storage": place.cloud.settings.url("storage") + "/storage/v1/",
        "healthcare": place.cloud.settings.url("healthcare") + "/v1beta1/",
    }
    printing = shlex.join([sys.executable, "-c", f"print({place.token('system/*.rs')!r})"])
    return Source(Google(addresses, place.cloud.operator_token), printing)


def outputs(place: Place) -> dict[str, Any]:
    store = place.environment()["CAREPLANE_AUDIT_STORE"]
    return {"fhirUrl": f"{place.base_url}/fhir", "bucket": "docs", "auditStore": store}


def test_everything_is_exported_and_whatever_changes_afterwards_is_seen(place: Place, tmp_path: Path) -> None:
    public, private = pair(tmp_path, X25519PrivateKey.generate())
    said: list[str] = []
    to = offboard_cipher.recipient(public)
    export = source(place).export("riverside", outputs(place), to, tmp_path, said.append)

    data_key = offboard_cipher.unlock(tmp_path / "export.careplane", private)
    manifest = offboard_archive.verify(tmp_path / "export.careplane", data_key, tmp_path / "open")
    assert manifest["counts"]["records"] == {"Patient": 2} and manifest["counts"]["documents"] == 1
    assert manifest["auditChain"]["flaws"] == [] and "audit trail: whole" in " ".join(said)
    assert manifest["auditChain"]["places"] == manifest["counts"]["auditEvents"] > 0
    assert export["auditChain"] == manifest["auditChain"] and manifest["transactionTime"] > manifest["begun"]
    lines = (tmp_path / "open/fhir/Patient-00001.ndjson").read_text().splitlines()
    assert all({"system": US_SSN, "value": SSN} in json.loads(line)["identifier"] for line in lines)
    assert (tmp_path / "open/documents/000001").read_bytes() == b"%PDF-1"

    then = json.loads(json.dumps(export))
    unmarked = {key: value for key, value in then.items() if key != "marks"}
    assert "earlier release" in source(place).changes(outputs(place), unmarked)[0]
    assert source(place).changes(outputs(place), then) == []
    with place.client() as http:
        assert http.put("/fhir/Patient/a", json=patient(id="a", gender="male")).status_code == 200
        upload(place, "scan", b"%PDF-2")
        assert source(place).written_since(outputs(place), export["begun"]) == 2
        assert source(place).changes(outputs(place), then) == [
            "Patient: 2 were exported and are there, but not the same versions",
            "documents: 1 were exported and are there, but not the same versions",
        ]
        assert http.delete("/fhir/Patient/a").status_code in (200, 204)
        storage(place, "DELETE", "/storage/v1/b/docs/o/scan")
        assert source(place).changes(outputs(place), then) == [
            "Patient: 2 were exported, 1 are there",
            "documents: 1 were exported, 0 are there",
        ]
