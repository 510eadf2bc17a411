from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli import whole_file


def test_it_is_the_owners_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for text in ("one", "two"):
        whole_file.write(path, text)
        assert path.read_text() == text
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    whole_file.write(path, "one")
    with pytest.raises(UnicodeEncodeError):
        whole_file.write(path, "two \udcff")
    assert path.read_text() == "one"
