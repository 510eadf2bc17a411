from __future__ import annotations

import pytest

from infra.organization.project import Project, ProjectArgs
from tests.infra.engine import declare


@pytest.mark.parametrize(("protected", "policy"), [(True, "PREVENT"), (False, "DELETE")])
def test_deletion_is_refused_until_decommissioned(protected: bool, policy: str) -> None:
    args = ProjectArgs("careplane-cell", ("run", "sqladmin"), folder="folders/1", protected=protected)
    found = declare(lambda: Project("p", args) and None)
    project = found.one("organizations/project:Project")
    assert (project.inputs["deletionPolicy"], project.protect) == (policy, protected)
    assert {each.inputs["service"] for each in found.of("Service")} == {
        "run.googleapis.com",
        "sqladmin.googleapis.com",
    }
    assert not any(each.inputs["disableOnDestroy"] for each in found.of("Service"))
