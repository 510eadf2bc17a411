"""A tenant without the Healthcare API leaves, rehearsed: its records, its documents and its whole trail."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.end_to_end import place as places
from tests.end_to_end.place import Place
from tests.end_to_end.test_places import infra
from tests.infra.cli.test_offboard_cipher import pair

pytestmark = [pytest.mark.slow, pytest.mark.proof, pytest.mark.timeout(1800)]
STACK, TENANT = "private-tenant-riverside", "riverside"
INFRA = (sys.executable, "-m", "infra")
OFFBOARD = (*INFRA, "tenant", "offboard", TENANT, "--place", "private", "--rehearse")


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = Path(tmp_path_factory.mktemp("private"))
    made = places.start(root)
    try:
        infra(made, "up", "private")
        yield made
    finally:
        places.stop(made)
        shutil.rmtree(root, ignore_errors=True)


def fhir(place: Place, outputs: dict[str, Any]) -> httpx.Client:
    """The tenant's endpoint, where a machine without its domain reaches it."""
    asked = (sys.executable, "-m", "localcloud", "token", "--tenant", TENANT, "--stack", STACK)
    headers = {
        "Authorization": f"Bearer {place.must(*asked).strip()}",
        "Content-Type": "application/fhir+json",
    }
    return httpx.Client(base_url=f"{outputs['serviceUrl']}/fhir", headers=headers, timeout=60)


def fill(place: Place, outputs: dict[str, Any]) -> None:
    with fhir(place, outputs) as client:
        for path, body in (
            ("Patient/p1", {"resourceType": "Patient", "id": "p1", "name": [{"family": "Okafor"}]}),
            (
                "Observation/o1",
                {
                    "resourceType": "Observation",
                    "id": "o1",
                    "status": "final",
                    "code": {"text": "weight"},
                    "subject": {"reference": "Patient/p1"},
                },
            ),
        ):
            answer = client.put(f"/{path}", json=body)
            assert answer.status_code == 201, answer.text
    url = f"{place.api(26)}/upload/storage/v1/b/{outputs['bucket']}/o"
    bearer = {"Authorization": f"Bearer {place.environ['GOOGLE_OAUTH_ACCESS_TOKEN']}"}
    made = httpx.post(url, params={"uploadType": "media", "name": "scan"}, content=b"%PDF", headers=bearer)
    assert made.status_code == 200, made.text


def test_it_leaves_with_its_records_and_a_trail_that_is_whole(place: Place, tmp_path: Path) -> None:
    outputs = place.outputs(STACK)
    assert "/databases/" in outputs["auditStore"]
    fill(place, outputs)
    public, private = pair(tmp_path, X25519PrivateKey.generate())
    out = tmp_path / "out"
    arguments = (*OFFBOARD, "--out", str(out), "--recipient-key", str(public), "--json")
    planned = json.loads(place.must(*arguments, "--dry-run"))
    assert planned["stacks"][0]["keyVersions"] > 0 and not out.exists()
    told = json.loads(place.must(*arguments, "--yes", "--drain", "0", timeout=1200))

    assert told["rehearsal"] is True and told["export"]["auditChain"]["flaws"] == []
    assert "(the given key)" in place.must(sys.executable, *shlex.split(told["verify"])[1:])
    opened = (str(out / "export.careplane"), "--key", str(private), "--out", str(tmp_path / "open"))
    counts = json.loads(place.must(*INFRA, "tenant", "open-export", *opened, "--json"))["counts"]
    assert counts["records"] == {"Observation": 1, "Patient": 1} and counts["documents"] == 1
    events = [
        json.loads(line)
        for path in sorted((tmp_path / "open/audit").glob("*.ndjson"))
        for line in path.read_text().splitlines()
    ]
    assert len(events) == counts["auditEvents"] > 0
    updates = [each for each in events if each["action"] == "U"]
    about = {entity["what"].get("reference") for each in updates for entity in each["entity"]}
    assert f"{outputs['fhirUrl']}/Patient/p1" in about and f"{outputs['fhirUrl']}/Observation/o1" in about

    for key in outputs["keys"].values():
        versions = place.google("GET", 6, f"/v1/{key}/cryptoKeyVersions").json()["cryptoKeyVersions"]
        assert {each["state"] for each in versions} == {"DESTROY_SCHEDULED"}
    left = place.google("GET", 60, "/resources").json()
    for api in ("pubsub", "run", "secretmanager", "storage"):
        assert not [name for name in left.get(api, []) if "careplane-private-riverside" in name], api
    assert place.must("git", "status", "--porcelain") == "", "a rehearsal changes no tracked file"
    assert json.loads(place.must(*arguments, "--yes", timeout=120)) == told, "it is done, and says so again"
