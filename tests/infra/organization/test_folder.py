from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.organization.folder import Folder, FolderArgs
from tests.infra.engine import declare


@pytest.mark.parametrize("protected", [True, False])
def test_deletion_is_refused_until_decommissioned(protected: bool) -> None:
    args = FolderArgs("careplane-eu", "organizations/111", protected, retained=True)
    found = declare(lambda: {"name": Folder("folder", args).name})
    folder = found.one("organizations/folder:Folder")
    assert folder.inputs["deletionProtection"] is protected
    assert (folder.protect, folder.retained) == (protected, True)
    assert found.outputs["name"] == "folders/77"


@pytest.mark.parametrize(
    ("title", "parent", "named"),
    [
        (
            "careplane-eu",
            "projects/p",
            "parent: 'projects/p' is not allowed; allowed: folders/ID, organizations",
        ),
        ("-careplane", "organizations/111", "title: '-careplane'"),
        ("c" * 31, "organizations/111", "1 to 30 letters"),
    ],
)
def test_refused(title: str, parent: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        FolderArgs(title, parent)
