"""How tests are spread over workers: a file stays together, and the end-to-end tests share one place."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        file = item.nodeid.split("::")[0]
        group = "end_to_end" if "/end_to_end/" in file else file
        item.add_marker(pytest.mark.xdist_group(group))
