"""Drill packs: read where they hold; what nobody signed proves nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evidence import signature
from policies import drills
from policies.errors import PolicyError

TOLD: dict[str, Any] = {
    "drill": "tenant-pitr",
    "stack": "us-tenant-riverside",
    "started": "2026-11-25T10:00:00+00:00",
    "verdict": "passed",
    "measured": {"rto_seconds": 3.6, "rpo_seconds": None},
    "objectives": {"rto_seconds": 60, "rpo_seconds": 1},
}


def pack(folder: Path, **changed: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / drills.PACK).write_text(json.dumps({**TOLD, **changed}))
    signature.seal(folder, {"drill": "tenant-pitr"}, None)
    return folder


def test_an_unsigned_pack_is_read_and_proves_nothing(tmp_path: Path) -> None:
    pack(tmp_path / "a")
    (found,) = drills.judged(tmp_path) or ()
    assert (found.name, found.stack, found.on) == ("tenant-pitr", "us-tenant-riverside", date(2026, 11, 25))
    assert found.verdict == drills.UNSIGNED
    assert (found.rto, found.rto_objective, found.rpo, found.rpo_objective) == (3.6, 60, None, 1)


def test_without_a_folder_nothing_is_known() -> None:
    assert drills.judged(None) is None


def test_an_empty_folder_holds_no_drill(tmp_path: Path) -> None:
    assert drills.judged(tmp_path) == ()


@pytest.mark.parametrize(
    "changed", [{"started": "yesterday"}, {"measured": 3}, {"objectives": None}, {"started": ""}]
)
def test_what_is_no_pack_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    pack(tmp_path / "a", **changed)
    with pytest.raises(PolicyError, match="is no drill's pack"):
        drills.judged(tmp_path)


def test_a_changed_pack_does_not_hold(tmp_path: Path) -> None:
    file = pack(tmp_path / "a") / drills.PACK
    file.write_text(file.read_text().replace("3.6", "0.1"))
    with pytest.raises(PolicyError, match="does not hold"):
        drills.judged(tmp_path)


def test_no_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="is no folder"):
        drills.judged(tmp_path / "none")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 200_000, "is no JSON .nested too deep"),
        (b'{"drill": "a", "drill": "b"}', "'drill' is given twice"),
        (b'{"measured": Infinity}', "Infinity is no number of JSON"),
        (b"\xff", "no text in UTF-8"),
        (b"[]", "is no drill's pack"),
    ],
)
def test_a_hostile_pack_is_bad_input_and_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "pack.json").write_bytes(content)
    signature.seal(tmp_path, {}, None)
    with pytest.raises(PolicyError, match=rf"pack\.json: .*{said}"):
        list(drills.read(tmp_path))
