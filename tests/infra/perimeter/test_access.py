from __future__ import annotations

from infra.perimeter.access import Operators, OperatorsArgs
from tests.infra.engine import declare


def test_level_names_people() -> None:
    found = declare(lambda: {"name": Operators("o", OperatorsArgs("12", "operators", ["user:a@b.c"])).name})
    assert found.outputs == {"name": "accessPolicies/12/accessLevels/operators"}
    assert found.one("AccessLevel").inputs["basic"] == {"conditions": [{"members": ["user:a@b.c"]}]}
