"""How tests are spread over workers: a file stays together, and so do the end-to-end tests of one place."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        file = item.nodeid.split("::")[0]
        shares = "/end_to_end/" in file and "place" in getattr(item, "fixturenames", ())
        group = "end_to_end" if shares else file
        item.add_marker(pytest.mark.xdist_group(group))
