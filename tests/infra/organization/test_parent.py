from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.organization.parent import Place, require_parent


@pytest.mark.parametrize("parent", ["organizations/111", "folders/77", "projects/careplane-cell"])
def test_usable_parents(parent: str) -> None:
    require_parent("parent", parent)


@pytest.mark.parametrize("parent", ["careplane-cell", "folders/", "billingAccounts/1", "projects/a/b"])
def test_other_forms(parent: str) -> None:
    with pytest.raises(ConfigError, match="allowed: folders/ID, organizations/ID, projects/ID"):
        require_parent("parent", parent)


def test_only_some_kinds() -> None:
    with pytest.raises(ConfigError, match=r"parent: 'projects/a' is not allowed; allowed: folders/ID$"):
        require_parent("parent", "projects/a", ("folders",))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "place: nothing was given"),
        ({"organization": "111", "project": "p"}, "place: 'organization, project'"),
        ({"organization": "organizations/111"}, "an organisation's number"),
        ({"folder": "77"}, "folder: '77' is not allowed; allowed: folders/ID"),
    ],
)
def test_one_place(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Place(**given)
