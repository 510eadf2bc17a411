"""Fixtures for localcloud: one server for the tests of a worker, or one of a test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.localcloud import running
from tests.localcloud.running import RunningCloud


@pytest.fixture(scope="session")
def localcloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A running server that tests share: use resources of your own names."""
    cloud = running.start(tmp_path_factory.mktemp("cloud"))
    yield cloud
    cloud.close()


@pytest.fixture
def fresh_localcloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A running server for one test alone, which may stop, kill or reset it."""
    cloud = running.start(tmp_path_factory.mktemp("fresh"))
    yield cloud
    cloud.close()
