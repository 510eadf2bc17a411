from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.stack.upstream import Upstream, pick
from tests.infra.engine import declare

OUTPUTS = {"us-cell": {"project": "careplane-us-cell", "pooled": {"instance": "pooled"}}}


def test_outputs_and_their_entries_of_a_stack_of_the_same_project() -> None:
    def program() -> dict[str, Any]:
        cell = Upstream("us-cell")
        return {"project": cell.text("project"), "instance": cell.entry("pooled", "instance")}

    assert declare(program, upstream=OUTPUTS).outputs == {
        "project": "careplane-us-cell",
        "instance": "pooled",
    }


def test_a_stack_is_read_once_in_a_program() -> None:
    def program() -> None:
        Upstream("us-cell")
        Upstream("us-cell")

    with pytest.raises(Exception, match="read twice"):
        declare(program, upstream=OUTPUTS)


@pytest.mark.parametrize(
    ("found", "known"), [({"cell": 1, "riverside": 2}, "cell, riverside"), ({}, "nothing"), (None, "nothing")]
)
def test_an_entry_that_is_missing_is_named_with_what_there_is(found: Any, known: str) -> None:
    with pytest.raises(ConfigError, match=f"hillside: .* a name in projects, which holds {known}"):
        pick(found, "hillside", "projects")
