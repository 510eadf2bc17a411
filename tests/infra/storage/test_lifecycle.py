from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.errors import ConfigError
from infra.storage.lifecycle import LifecycleRule


def test_a_rule_is_its_action_and_the_conditions_given() -> None:
    assert LifecycleRule("SetStorageClass", "COLDLINE", age=90, prefixes=("exports/",)).inputs() == {
        "action": {"type": "SetStorageClass", "storage_class": "COLDLINE"},
        "condition": {"age": 90, "matches_prefixes": ["exports/"]},
    }
    assert LifecycleRule("Delete", noncurrent_days=365, newer_versions=3).inputs()["condition"] == {
        "days_since_noncurrent_time": 365,
        "num_newer_versions": 3,
    }


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: LifecycleRule("Delete"), "age, newer_versions, noncurrent_days"),
        (lambda: LifecycleRule("Delete", "ARCHIVE", age=1), "only then"),
        (lambda: LifecycleRule("SetStorageClass", age=1), "given with SetStorageClass"),
        (lambda: LifecycleRule("SetStorageClass", "FROZEN", age=1), "ARCHIVE, COLDLINE, NEARLINE, STANDARD"),
        (lambda: LifecycleRule("Burn", age=1), "Delete"),  # type: ignore[arg-type]
    ],
)
def test_bad_rules_say_what_is_allowed(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        make()
