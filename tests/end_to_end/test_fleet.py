"""Two more pooled tenants: brought up as a fleet, one of them off-boarded with its data and with proof."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.end_to_end.place import Place
from tests.infra.cli.test_offboard_cipher import pair

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
TENANTS = ("fleet-a", "fleet-b")
SELECT = ("--select", "tenant=fleet-a,tenant=fleet-b")
INFRA = (sys.executable, "-m", "infra")


@pytest.fixture(scope="module")
def fleet(place: Place) -> Iterator[Place]:
    for name in TENANTS:
        place.must(*INFRA, "tenant", "new", name)
    yield place
    files = [place.root / "stacks" / f"Pulumi.local-tenant-{name}.yaml" for name in TENANTS]
    left = [file for file in files if file.exists()]
    if left:
        chosen = ",".join(f"tenant={file.stem.rsplit('-tenant-')[1]}" for file in left)
        place.must(*INFRA, "fleet", "destroy", "--decommission", "--select", chosen, timeout=900)
    for file in left:
        place.must("pulumi", "stack", "rm", "--yes", "--preserve-config", "--stack", file.stem[7:])
        file.unlink()


def test_both_come_up_and_a_second_time_nothing_changes(fleet: Place) -> None:
    done = json.loads(fleet.must(*INFRA, "fleet", "up", "--json", *SELECT, timeout=900))
    assert [(each["tenant"], each["status"]) for each in done["tenants"]] == [
        ("fleet-a", "done"),
        ("fleet-b", "done"),
    ]
    again = json.loads(fleet.must(*INFRA, "fleet", "up", "--json", *SELECT, timeout=900))
    assert {each["status"] for each in again["tenants"]} == {"unchanged"}
    assert again["stopped"] is None


def test_a_tenant_leaves_with_its_data_and_its_keys_are_scheduled_to_go(fleet: Place, tmp_path: Path) -> None:
    outputs = fleet.outputs("local-tenant-fleet-a")
    headers = {
        "Authorization": f"Bearer {fleet.token('fleet-a')}",
        "Content-Type": "application/fhir+json",
    }
    identifier = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "123-45-6789"}
    patient = {"resourceType": "Patient", "identifier": [identifier]}
    made = httpx.post(f"{outputs['fhirUrl']}/Patient", json=patient, headers=headers, timeout=60)
    assert made.status_code == 201, made.text
    public, private = pair(tmp_path, X25519PrivateKey.generate())
    out = tmp_path / "out"
    arguments = ("fleet-a", "--out", str(out), "--recipient-key", str(public), "--json")
    told = json.loads(fleet.must(*INFRA, "tenant", "offboard", *arguments, timeout=900))

    fleet.must(sys.executable, "-m", "evidence", "verify", str(out / "certificate"))
    opened = (str(out / "export.careplane"), "--key", str(private), "--out", str(tmp_path / "open"))
    counts = json.loads(fleet.must(*INFRA, "tenant", "open-export", *opened, "--json"))["counts"]
    assert counts["records"] == {"Patient": 1} and counts["auditEvents"] > 0
    assert identifier in json.loads((tmp_path / "open/fhir/Patient-00001.ndjson").read_text())["identifier"]

    for key in outputs["keys"].values():
        versions = fleet.google("GET", 6, f"/v1/{key}/cryptoKeyVersions").json()["cryptoKeyVersions"]
        assert {each["state"] for each in versions} == {"DESTROY_SCHEDULED"}
        assert max(each["destroyTime"] for each in versions) <= told["keysGoneAfter"]
    left = fleet.google("GET", 60, "/resources").json()
    for api in ("pubsub", "run", "secretmanager", "storage"):
        assert not [name for name in left.get(api, []) if "fleet-a" in name], api
    assert fleet.outputs("local-tenant-fleet-b")["fhirUrl"]
    assert not (fleet.root / "stacks" / "Pulumi.local-tenant-fleet-a.yaml").exists()
