"""The drill, whole: real writes, a real clone to a moment, measured."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.place import Place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_tenant_pitr_passes_and_leaves_nothing_behind(place: Place, tmp_path: Path) -> None:
    result = place.python(
        "runbooks", "drill", "tenant-pitr", "--stack", "local-tenant-riverside", "--out", str(tmp_path)
    )  # fmt: skip
    journal = json.loads((tmp_path / "journal.json").read_text())
    assert result.code == 0, json.dumps(journal["activities"], indent=1)[-4000:] + result.said
    assert journal["verdict"] == "passed"
    measured = journal["measured"]
    assert measured["lost"] == 0
    assert measured["acknowledged_before"] > 0
    assert measured["acknowledged_after"] > 0
    assert measured["rto_seconds"] > 0
    assert instances(place) == ["riverside"]
    checked = place.python("runbooks", "verify", str(tmp_path), "--max-age", "1", "--json")
    pack = json.loads(checked.out)
    assert (checked.code, pack["holds"], pack["facts"]["environment"]) == (0, True, "local")
    assert pack["load"]["writes"] == len(journal_writes(tmp_path))
    assert pack["load"]["p99_ms"] > 0


def instances(place: Place) -> list[str]:
    """Names of the tenant's database instances."""
    project = place.outputs("local-tenant-riverside")["project"]
    listed = place.google("GET", 25, f"/sql/v1beta4/projects/{project}/instances").json()["items"]
    return [item["name"] for item in listed]


def journal_writes(pack: Path) -> list[dict[str, Any]]:
    """The writer's acknowledged writes, as its log has them."""
    lines = [json.loads(line) for line in (pack / "writes.jsonl").read_text().splitlines()]
    return [line for line in lines if "id" in line]


@pytest.mark.parametrize("during", ["write-after", "clone-to-moment"])
def test_a_killed_drill_is_resumed_and_leaves_nothing_behind(
    place: Place, tmp_path: Path, during: str
) -> None:
    """The runner is killed while it writes, and while the clone is made."""
    command = (
        sys.executable, "-m", "runbooks", "drill", "tenant-pitr", "--stack", "local-tenant-riverside",
        "--out", str(tmp_path),
    )  # fmt: skip
    journal = tmp_path / "journal.jsonl"
    runner = subprocess.Popen(command, cwd=place.root, env=place.environ, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not (journal.exists() and f'"do": "{during}", "kind"' in journal.read_text()):
        assert runner.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    runner.kill()
    runner.wait()
    resumed = place.python("runbooks", "resume", str(tmp_path), "--json")
    told = json.loads(resumed.out)
    assert resumed.code == 0, json.dumps(told["activities"], indent=1)[-4000:] + resumed.said
    assert (told["status"], told["verdict"], told["rolled_back"]) == ("interrupted", "not_proven", True)
    assert instances(place) == ["riverside"]
    token = place.token("riverside")
    base = place.outputs("local-tenant-riverside")["fhirUrl"]
    for write in journal_writes(tmp_path):
        answer = httpx.get(f"{base}/Basic/{write['id']}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (404, 410)
    assert place.python("runbooks", "verify", str(tmp_path)).code == 0


def test_pooled_tenant_is_refused_before_anything_is_touched(place: Place, tmp_path: Path) -> None:
    result = place.run(
        sys.executable, "-m", "runbooks", "drill", "tenant-pitr", "--stack", "local-tenant-lakeside",
        "--out", str(tmp_path),
    )  # fmt: skip
    assert result.code == 2
    assert "dedicated" in result.err
