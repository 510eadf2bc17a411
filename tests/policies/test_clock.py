"""A clock that runs behind decides nothing."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from policies.clock import RELEASED, last_commit, today
from policies.errors import ClockError


def committed(folder: Path, when: str) -> Path:
    """A repository whose one file was committed then."""
    file = folder / "waivers.yaml"
    file.write_text("[]\n")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "x"]):
        environ = {"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when}
        subprocess.run(["git", *command], cwd=folder, check=True, env=environ)
    return file


def test_a_good_clock_says_its_utc_day() -> None:
    assert today(at=datetime(2027, 1, 2, 23, 59, tzinfo=UTC)) == date(2027, 1, 2)


def test_before_the_release_is_refused_with_a_sentence() -> None:
    before = datetime.combine(RELEASED - timedelta(days=1), datetime.min.time(), UTC)
    with pytest.raises(
        ClockError, match=r"the clock says 2026-11-20 .* but this pack was released on 2026-11-21"
    ):
        today(at=before)


def test_before_the_files_commit_is_refused(tmp_path: Path) -> None:
    file = committed(tmp_path, "2027-03-01T12:00:00+02:00")
    assert last_commit(file) == datetime(2027, 3, 1, 10, tzinfo=UTC)
    with pytest.raises(
        ClockError, match=r"waivers\.yaml was committed on 2027-03-01 at 10:00 UTC; set it right"
    ):
        today(file, datetime(2027, 3, 1, 9, 59, tzinfo=UTC))
    assert today(file, datetime(2027, 3, 1, 10, 1, tzinfo=UTC)) == date(2027, 3, 1)


def test_a_file_that_git_does_not_know_says_nothing(tmp_path: Path) -> None:
    assert last_commit(tmp_path / "waivers.yaml") is None
    assert last_commit(tmp_path / "nowhere" / "waivers.yaml") is None
