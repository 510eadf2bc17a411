"""One place for all end-to-end tests: bringing a whole cell up takes about a minute."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end import place as places
from tests.end_to_end.place import Place


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The five local stacks, up."""
    root = Path(tmp_path_factory.mktemp("place"))
    made = places.start(root)
    try:
        made.first_up = made.python("infra", "up", timeout=900)  # type: ignore[attr-defined]
        assert made.first_up.code == 0, made.first_up.said[-8000:]  # type: ignore[attr-defined]
        yield made
    finally:
        places.stop(made)
        shutil.rmtree(root, ignore_errors=True)
