"""The drill, whole: real writes, a real clone to a moment, measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path

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
    project = place.outputs("local-tenant-riverside")["project"]
    listed = place.google("GET", 25, f"/sql/v1beta4/projects/{project}/instances").json()["items"]
    assert [item["name"] for item in listed] == ["riverside"]


def test_pooled_tenant_is_refused_before_anything_is_touched(place: Place, tmp_path: Path) -> None:
    result = place.run(
        sys.executable, "-m", "runbooks", "drill", "tenant-pitr", "--stack", "local-tenant-lakeside",
        "--out", str(tmp_path),
    )  # fmt: skip
    assert result.code == 2
    assert "dedicated" in result.err
