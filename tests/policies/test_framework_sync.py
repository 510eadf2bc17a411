"""The frameworks and the rules say the same of each other; what differs is printed as edits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policies.cli import main
from policies.framework import FOLDER, load
from policies.framework_sync import edits, needed, referring, rewritten


def test_each_check_is_a_rule_that_refers_to_the_control_and_the_other_way_round() -> None:
    assert "\n".join(edits()) == ""


def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "frameworks"))


def test_a_list_that_differs_is_rewritten_and_nothing_else(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    file = folder / "cis.yaml"
    good = file.read_text()
    file.write_text(good.replace("checks: [kms-rotation]", "checks: [sql-cmek]"))
    assert edits(folder) == ["cis.yaml: run `python -m policies sync`"]
    assert needed(folder) == {file: good}


def test_a_file_that_cannot_be_read_is_said_and_the_others_are_looked_at(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    for name, old, new in (("cis", "title: Data classified", "tilte: Data"), ("onc", "(d)(8)", "(d)(88)")):
        file = folder / f"{name}.yaml"
        file.write_text(file.read_text().replace(old, new))
    said = edits(folder)
    assert any(line.startswith("cis.yaml: 7.4: tilte: is no key; nearest: title") for line in said)
    assert any(line.startswith("rule fhir-r4: controls.onc: '(d)(8)' is no control") for line in said)


def test_a_technical_control_without_a_rule_is_said(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    file = folder / "cis.yaml"
    file.write_text(file.read_text().replace('id: "1.10"', 'id: "1.99"'))
    said = edits(folder)
    assert "cis.yaml: run `python -m policies sync`" in said
    file.write_text(needed(folder)[file])
    said = edits(folder)
    assert any(line.startswith("cis.yaml: 1.99: checks: [] is not allowed") for line in said)


def test_long_lists_are_wrapped_and_read_back(tmp_path: Path) -> None:
    ids = [f"some-quite-long-rule-name-{n}" for n in range(12)]
    text = rewritten((FOLDER / "onc.yaml").read_text(), {"(d)(8)": ids})
    assert max(map(len, text.splitlines())) <= 110
    file = tmp_path / "onc.yaml"
    file.write_text(text.replace("checks: []", "checks: [x]"))
    assert load(file, [*ids, "x"]).by_id["(d)(8)"].checks == tuple(ids)


def test_references_come_by_number_and_once() -> None:
    assert referring("cis")["5.1"] == ["no-public-members", "public-access-prevention"]


def test_the_command_says_that_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", "--check"]) == 0
    assert "every reference of a rule is a control" in capsys.readouterr().err
