from __future__ import annotations

import pytest

from infra.perimeter.perimeter import RESTRICTED, Perimeter, PerimeterArgs
from tests.infra.engine import declare


@pytest.mark.parametrize("enforced", [True, False])
def test_dry_run_first_then_the_same_enforced(enforced: bool) -> None:
    args = PerimeterArgs("12", "cell", ["1", "2"], ["level"], enforced)
    perimeter = declare(lambda: Perimeter("p", args) and None).one("ServicePerimeter").inputs
    assert perimeter["useExplicitDryRunSpec"] is True
    assert perimeter["spec"]["resources"] == ["projects/1", "projects/2"]
    assert perimeter.get("status") == (perimeter["spec"] if enforced else None)


def test_what_holds_patient_data_is_restricted() -> None:
    wanted = ("healthcare", "sqladmin", "storage", "pubsub", "run", "cloudkms", "secretmanager")
    assert {f"{service}.googleapis.com" for service in wanted} <= set(RESTRICTED)
