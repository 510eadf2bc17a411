"""How tests are spread over workers: a file stays together, and so do the end-to-end tests of one place.

xdist's own groups do nothing here: version 3.8 writes them where pytest 9.2 does not look.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_PLACE_OF_THEIR_OWN = ("test_lifecycle.py",)


class ByPlace(LoadScopeScheduling):
    """A unit of work is a file; the end-to-end files that share one place are one unit."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        shares = "/end_to_end/" in file and not file.endswith(_PLACE_OF_THEIR_OWN)
        return "end_to_end" if shares else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return ByPlace(config, log)
