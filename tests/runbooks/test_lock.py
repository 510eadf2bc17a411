"""One drill a stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbooks.drill.lock import exclusive
from runbooks.errors import PreconditionError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREPLANE_HOME", str(tmp_path))


def test_two_drills_cannot_hold_one_stack() -> None:
    with exclusive("one"), pytest.raises(PreconditionError, match="another drill"), exclusive("one"):
        pass


def test_two_stacks_do_not_wait_for_each_other_and_a_lock_ends_with_its_block() -> None:
    with exclusive("one"), exclusive("two"):
        pass
    with exclusive("one"):
        pass


@pytest.mark.parametrize("name", ["", "../one", "a/b", "-one", "a b"])
def test_a_name_that_is_no_stack_makes_no_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match="is no name of a stack"), exclusive(name):
        pass
    assert not (tmp_path / "drills").exists()
