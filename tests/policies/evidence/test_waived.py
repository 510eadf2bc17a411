"""Which waivers counted in a period follows from the file and from its history."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from policies.errors import WaiverError
from policies.evidence.period import parse
from policies.evidence.waived import in_force

TODAY = date(2026, 12, 20)
ENTRY = """- rule: topic-cmek
  resource: {resource}
  owner: ops@example.org
  reason: moved in March
  compensating_control: carries no patient data
  ticket: OPS-7
  expires: {expires}
"""


def entry(resource: str, expires: str) -> str:
    return ENTRY.format(resource=resource, expires=expires)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "waivers.yaml"


def commit(file: Path, text: str, when: str) -> None:
    file.write_text(text)
    stamp = f"{when}T12:00:00+00:00"
    environ = {"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": stamp, "GIT_AUTHOR_DATE": stamp}
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", *command], cwd=file.parent, check=True, env=environ)


def found(file: Path, period: str) -> dict[str, tuple[str, str]]:
    return {
        each.waiver.resource: (str(each.since), str(each.until))
        for each in in_force(file, parse(period), TODAY)
    }


def test_without_history_the_file_as_it_is(file: Path) -> None:
    file.write_text(entry("a-topic", "2027-01-31") + entry("b-topic", "2026-09-30"))
    assert found(file, "2026-Q4") == {"a-topic": ("None", "2027-01-31")}


def test_one_that_was_removed_counted_until_then(file: Path) -> None:
    commit(file, entry("a-topic", "2027-03-31"), "2026-07-01")
    commit(file, entry("b-topic", "2027-03-31"), "2026-10-15")
    assert found(file, "2026-Q3") == {"a-topic": ("2026-07-01", "2026-10-15")}
    assert found(file, "2026-Q4") == {
        "a-topic": ("2026-07-01", "2026-10-15"),
        "b-topic": ("2026-10-15", "2027-03-31"),
    }
    assert found(file, "2026-Q2") == {}


def test_one_that_expired_before_is_not_there(file: Path) -> None:
    commit(file, entry("a-topic", "2026-09-30"), "2026-07-01")
    assert found(file, "2026-Q4") == {}


def test_what_is_not_committed_counts_from_today(file: Path) -> None:
    commit(file, "[]\n", "2026-07-01")
    file.write_text(entry("a-topic", "2027-03-31"))
    assert found(file, "2026-Q4") == {"a-topic": ("2026-12-20", "2027-03-31")}


def test_a_version_that_no_build_accepted_waived_nothing(file: Path) -> None:
    commit(file, "- rule: x\n", "2026-10-01")
    commit(file, entry("a-topic", "2027-03-31"), "2026-10-02")
    assert found(file, "2026-Q4") == {"a-topic": ("2026-10-02", "2027-03-31")}


def test_as_data(file: Path) -> None:
    file.write_text(entry("a-topic", "2027-01-31"))
    (only,) = in_force(file, parse("2026-Q4"), TODAY)
    told = only.as_data()
    assert (told["owner"], told["since"], told["until"]) == ("ops@example.org", None, "2027-01-31")
    assert "entry" not in told


def test_what_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(WaiverError, match="is no text"):
        in_force(file, parse("2026-Q4"), TODAY)
