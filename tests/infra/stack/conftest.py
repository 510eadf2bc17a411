"""The place with two sites, declared once for all tests of this folder."""

from __future__ import annotations

import pytest

from tests.infra.engine import Declared, declare_place


@pytest.fixture(scope="session")
def us() -> dict[str, Declared]:
    return declare_place(place="us")
