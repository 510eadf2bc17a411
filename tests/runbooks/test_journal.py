"""The journal is on disk line by line, can be followed alone, and says where it is broken."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from runbooks.drill import definition
from runbooks.drill.journal import NAME, Journal, read
from runbooks.errors import JournalError
from tests.runbooks.definitions import GOOD, KNOWN


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    drill = definition.parse(GOOD, "example", KNOWN)
    return Journal.create(tmp_path / "run", "r1", drill, "s", facts={}, roles={}, approved_by=[])


def lines(journal: Journal) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.path.read_text().splitlines()]


def test_every_start_and_end_is_a_line_of_its_own_at_once(journal: Journal) -> None:
    number = journal.begin("method", "act", "action", "Act", {"seconds": 1})
    assert [line["event"] for line in lines(journal)] == ["run", "start"]
    journal.end(number, "done", {"seen": 3})
    ended = lines(journal)[-1]
    assert (ended["event"], ended["status"], ended["result"]) == ("end", "done", {"seen": 3})
    assert ended["seconds"] >= 0


def test_every_line_is_flushed_to_disk(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, flush = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (sizes.append(os.fstat(file).st_size), flush(file)))
    journal.remember(clone="c")
    journal.measured(rto_seconds=1)
    assert len(sizes) == 2
    assert sizes[-1] == journal.path.stat().st_size


def test_the_first_line_holds_the_whole_drill(journal: Journal) -> None:
    first = lines(journal)[0]
    assert [step["do"] for step in first["drill"]["rollback"]] == ["undo", "undo-more"]
    assert (first["run"], first["stack"]) == ("r1", "s")


def test_read_gives_what_the_runner_had(journal: Journal) -> None:
    journal.end(journal.begin("method", "act", "action", "Act", {}), "done", None)
    journal.remember(clone="c")
    assert read(journal.folder) == journal.document


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_half_a_last_line_is_left_out_and_taken_away_when_the_run_goes_on(journal: Journal, cut: int) -> None:
    number = journal.begin("method", "act", "action", "Act", {})
    journal.end(number, "done", None)
    raw = journal.path.read_bytes()
    journal.path.write_bytes(raw[:-cut])
    assert read(journal.folder)["activities"][0]["status"] == "running"
    reopened = Journal.reopen(journal.folder)
    assert reopened.document["activities"][0]["status"] == "interrupted"
    assert [line["event"] for line in lines(journal)] == ["run", "start", "resumed"]


def test_a_journal_cut_off_in_its_first_line_is_refused(journal: Journal) -> None:
    journal.path.write_bytes(journal.path.read_bytes()[:50])
    with pytest.raises(JournalError, match="cut off before its first line ends"):
        read(journal.folder)


def test_a_missing_line_is_named(journal: Journal) -> None:
    for _ in range(2):
        journal.end(journal.begin("method", "act", "action", "Act", {}), "done", None)
    kept = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join(kept[:1] + kept[3:]))
    with pytest.raises(JournalError, match="line 2 is no line of a journal"):
        read(journal.folder)


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"event": "surprise", "at": "x"}', "\x00"])
def test_a_broken_line_is_named(journal: Journal, line: str) -> None:
    with journal.path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(JournalError, match="line 2 is no line of a journal"):
        read(journal.folder)


def test_no_journal_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no journal"):
        read(tmp_path)


def test_a_folder_that_holds_something_is_not_used(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("{}")
    drill = definition.parse(GOOD, "example", KNOWN)
    with pytest.raises(JournalError, match="is not empty"):
        Journal.create(tmp_path, "r1", drill, "s")
