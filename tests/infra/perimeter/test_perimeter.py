from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import infra
from infra.errors import ConfigError
from infra.perimeter.perimeter import REQUIRED, RESTRICTED, Perimeter, PerimeterArgs
from infra.perimeter.rules import EgressRule, IngressRule, Operation
from tests.infra.engine import Declared, declare

ARGS = PerimeterArgs("12", "cell", ["1", "2"], ["level"], True)
READ = Operation("storage.googleapis.com", ("google.storage.objects.get",))
LABORATORY = IngressRule(
    "laboratory",
    (READ,),
    ("projects/1",),
    ("serviceAccount:l@lab.iam.gserviceaccount.com",),
    projects=("projects/9",),
)
REGISTRY = EgressRule("registry", (READ,), ("projects/7",), identity_type="ANY_SERVICE_ACCOUNT")


def perimeter(**changes: object) -> Declared:
    return declare(lambda: Perimeter("p", replace(ARGS, **changes)) and None)  # type: ignore[arg-type]


@pytest.mark.parametrize("enforced", [True, False])
def test_dry_run_first_then_the_same_enforced(enforced: bool) -> None:
    found = perimeter(enforced=enforced, ingress=(LABORATORY,), egress=(REGISTRY,))
    inputs = found.one("ServicePerimeter").inputs
    assert inputs["useExplicitDryRunSpec"] is True
    assert inputs["spec"]["resources"] == ["projects/1", "projects/2"]
    assert inputs["spec"]["ingressPolicies"][0]["title"] == "laboratory"
    assert inputs["spec"]["egressPolicies"][0]["title"] == "registry"
    assert inputs.get("status") == (inputs["spec"] if enforced else None)


def test_without_rules_nothing_crosses() -> None:
    spec = perimeter().one("ServicePerimeter").inputs["spec"]
    assert not {"ingressPolicies", "egressPolicies"} & set(spec)


def test_what_holds_patient_data_is_restricted() -> None:
    wanted = ("healthcare", "sqladmin", "storage", "pubsub", "run", "cloudkms", "secretmanager")
    assert {f"{service}.googleapis.com" for service in wanted} == set(REQUIRED) <= set(RESTRICTED)


def test_networks_inside_reach_restricted_services_alone() -> None:
    spec = perimeter().one("ServicePerimeter").inputs["spec"]
    assert spec["vpcAccessibleServices"] == {
        "enableRestriction": True,
        "allowedServices": ["RESTRICTED-SERVICES"],
    }


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"perimeter": "my-cell"}, "perimeter: 'my-cell' is not allowed"),
        ({"restricted": REQUIRED[1:]}, "restricted: 'without cloudkms.googleapis.com' is not allowed"),
        (
            {"accessible": ("*",)},
            r"accessible: '\*' is not allowed; allowed: RESTRICTED-SERVICES, artifactreg",
        ),
        ({"accessible": ("translate.googleapis.com",)}, "accessible: 'translate.googleapis.com'"),
        (
            {"ingress": (LABORATORY, LABORATORY)},
            "title: 'laboratory' is not allowed; allowed: one rule a title",
        ),
    ],
)
def test_refused(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        perimeter(**changes)


def test_exactly_one_file_writes_perimeters() -> None:
    """Parallel writers of one perimeter lose each other's rules: rules and members are no resources."""
    root = Path(infra.__file__).parent
    writes = re.compile(r"\bServicePerimeter(s|Resource|\w*Policy|DryRun\w+)?\(")
    writers = {
        path.relative_to(root).as_posix() for path in root.rglob("*.py") if writes.search(path.read_text())
    }
    assert writers == {"perimeter/perimeter.py"}
