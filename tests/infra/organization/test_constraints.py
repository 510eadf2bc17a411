from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.errors import ConfigError
from infra.organization.constraints import HEALTHCARE, Constraint, Constraints, ConstraintsArgs
from tests.infra.engine import declare


def test_all_of_them_deny_and_are_named() -> None:
    found = declare(lambda: {"names": list(Constraints("c", ConstraintsArgs("111")).names)})
    assert found.outputs["names"] == [each.name for each in HEALTHCARE]
    for each in found.of("CustomConstraint"):
        assert each.inputs["actionType"] == "DENY"
        assert each.inputs["parent"] == "organizations/111"


def test_a_key_that_never_rotates_does_not_pass() -> None:
    """One constraint for the absent period, one for a long one: neither alone would do."""
    found = declare(lambda: Constraints("c", ConstraintsArgs("111")) and None)
    absent = found.one("CustomConstraint", "c-custom.careplaneKeyRotates").inputs
    long = found.one("CustomConstraint", "c-custom.careplaneKeyRotatesIn90Days").inputs
    assert absent["condition"].endswith("&& !has(resource.rotationPeriod)")
    assert absent["methodTypes"] == ["CREATE"]
    assert long["condition"].endswith('resource.rotationPeriod > duration("7776000s")')
    assert long["methodTypes"] == ["CREATE", "UPDATE"]


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Constraint("keys", "k", "c", "t", "d"), "name: 'keys' is not allowed; allowed: custom"),
        (
            lambda: Constraint("custom.keys", "k", "c", "t", "d", ("DELETE",)),
            "custom.keys: methods: 'DELETE'",
        ),
        (lambda: Constraint("custom.keys", "k", "c", "t", "d", ()), "methods: nothing was given"),
        (lambda: Constraint("custom.keys", "k", "c" * 1001, "t", "d"), "at most 1000 characters"),
        (lambda: ConstraintsArgs("organizations/111"), "organization: 'organizations/111'"),
    ],
)
def test_refused(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        make()
