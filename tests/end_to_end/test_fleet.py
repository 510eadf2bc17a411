"""Two more pooled tenants: brought up as a fleet, one of them off-boarded with its data and with proof."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
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


def write(url: str, headers: dict[str, str]) -> httpx.Response:
    body = {"resourceType": "Basic", "code": {"text": "late"}}
    return httpx.post(f"{url}/Basic", json=body, headers=headers, timeout=60)


def test_an_off_boarding_killed_while_the_tenant_is_read_only_is_taken_back(
    fleet: Place, tmp_path: Path
) -> None:
    outputs = fleet.outputs("local-tenant-fleet-b")
    headers = {
        "Authorization": f"Bearer {fleet.token('fleet-b')}",
        "Content-Type": "application/fhir+json",
    }
    public, _ = pair(tmp_path, X25519PrivateKey.generate())
    command = [*INFRA, "tenant", "offboard", "fleet-b", "--recipient-key", str(public)]
    command += ["--out", str(tmp_path / "out")]
    refused = fleet.run(*command)
    assert refused.code == 2 and "--yes" in refused.err, "nobody is there to be asked"

    leaving = subprocess.Popen([*command, "--yes"], cwd=fleet.root, env=fleet.environ, stderr=subprocess.PIPE)
    assert leaving.stderr is not None
    for line in leaving.stderr:
        if b"fleet-b: read-only" in line:
            break
    second = fleet.run(*command, "--yes")
    assert second.code == 1 and f"process {leaving.pid}" in second.err
    leaving.send_signal(signal.SIGKILL)
    leaving.wait()
    leaving.stderr.close()

    late = write(outputs["fhirUrl"], headers)
    assert late.status_code == 503 and late.headers["retry-after"]
    assert late.json()["issue"][0]["code"] == "transient"
    read = httpx.get(f"{outputs['fhirUrl']}/Patient", headers=headers, timeout=60)
    assert read.status_code == 200
    fleet.must(*INFRA, "tenant", "offboard", "fleet-b", "--reopen", timeout=900)
    fleet.must("pulumi", "preview", "--expect-no-changes", "--stack", "local-tenant-fleet-b")
    assert write(outputs["fhirUrl"], headers).status_code == 201


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
    planned = json.loads(fleet.must(*INFRA, "tenant", "offboard", *arguments, "--dry-run"))
    assert planned["stacks"][0]["keyVersions"] > 0 and not out.exists()
    # Nothing of this test's is under way: the time that the service allows a request need not pass.
    flags = ("--yes", "--drain", "0")
    told = json.loads(fleet.must(*INFRA, "tenant", "offboard", *arguments, *flags, timeout=900))

    verified = fleet.must(sys.executable, *shlex.split(told["verify"])[1:])
    assert "(the given key)" in verified
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
    again = fleet.run(*INFRA, "tenant", "new", "fleet-a")
    assert again.code == 2 and "was off-boarded" in again.err
