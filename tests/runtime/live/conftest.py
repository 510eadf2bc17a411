"""One tenant on a local cloud of its own, with its runtime serving."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from joserfc.jwk import ECKey

from tests.localcloud import running
from tests.runtime.live.place import Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    cloud = running.start(tmp_path_factory.mktemp("runtime"))
    try:
        place = Place(cloud, "riverside", ECKey.generate_key("P-256", {"kid": "k1"}))
        place.make()
        yield place
    finally:
        cloud.close()
