"""Servers in a folder of the test's own, removed with their processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud.postgres.addresses import choose
from localcloud.postgres.config import Options
from localcloud.postgres.server import Server

Make = Callable[..., Server]


@pytest.fixture(params=[16, 18])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def make(tmp_path: Path, version: int) -> Iterator[Make]:
    made: list[Server] = []

    def build(name: str, options: Options | None = None) -> Server:
        server = Server(tmp_path, name, version, choose(tmp_path, name), options)
        made.append(server)
        return server

    yield build
    for server in made:
        server.remove()
