"""A waiver counts only while somebody answers for it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies import waivers
from policies.errors import WaiverError
from policies.result import Finding, Verdict

TODAY = date(2026, 11, 21)
GOOD: dict[str, Any] = {
    "rule": "topic-cmek",
    "resource": "legacy-*",
    "owner": "ops@example.org",
    "reason": "moved in March",
    "compensating_control": "carries no patient data",
    "ticket": "OPS-7",
    "expires": date(2027, 3, 31),
}
FAILED = Finding("topic-cmek", "urn", "legacy-events", Verdict.FAILED, "kmsKeyName is absent")


def write(tmp_path: Path, *entries: object) -> Path:
    path = tmp_path / "waivers.yaml"
    path.write_text(yaml.safe_dump(list(entries)))
    return path


def test_waived_is_neither_failed_nor_passed(tmp_path: Path) -> None:
    finding = waivers.load(write(tmp_path, GOOD), TODAY).apply(FAILED)
    assert finding.verdict is Verdict.WAIVED
    assert "ops@example.org until 2027-03-31" in finding.waiver


def test_other_resources_still_fail(tmp_path: Path) -> None:
    other = Finding("topic-cmek", "urn", "events", Verdict.FAILED, "")
    assert waivers.load(write(tmp_path, GOOD), TODAY).apply(other) is other


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expires": date(2026, 11, 20)}, "expires"),
        ({"expires": date(2028, 1, 1)}, "expires"),
        ({"expires": "soon"}, "expires"),
        ({"owner": ""}, "owner"),
        ({"resource": "*"}, "resource"),
        ({"rule": "nonsense"}, "rule"),
        ({"extra": "x"}, "extra"),
    ],
)
def test_bad_waiver_names_its_field(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    with pytest.raises(WaiverError, match=f"waiver #1: {field}") as caught:
        waivers.load(write(tmp_path, {**GOOD, **change}), TODAY)
    assert caught.value.field == field


def test_committed_waivers_are_in_force() -> None:
    waivers.load()
