"""The states that the previous release left behind, under today's program: nothing stateful is replaced.

`tests/infra/upgrade/` holds the five local stacks as commit bea3580 exported them. Each is previewed with the
other stacks as they are today, for a release is rolled out one stack after the other.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.cli.stateful import STATEFUL
from tests.end_to_end.place import ROOT, STACKS, Place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STATES = ROOT / "tests" / "infra" / "upgrade"
LOSING = frozenset({"delete", "replace", "create-replacement", "delete-replaced", "discard"})


@pytest.fixture(scope="module")
def elsewhere(place: Place) -> Iterator[Place]:
    """The same local cloud with a state of its own, which holds what today's stacks hold."""
    state = place.root / ".careplane" / "upgrade"
    state.mkdir()
    moved = replace(place, environ={**place.environ, "PULUMI_BACKEND_URL": state.as_uri()})
    for stack in STACKS:
        (state / f"{stack}.now").write_text(place.must("pulumi", "stack", "export", "--stack", stack))
        moved.must("pulumi", "stack", "init", "--no-select", "--stack", stack)
        import_(moved, stack, state / f"{stack}.now")
    yield moved
    place.must("git", "checkout", "-q", "stacks")


def import_(place: Place, stack: str, file: Path) -> None:
    place.must("pulumi", "stack", "import", "--stack", stack, "--file", str(file))


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_stateful_is_lost(elsewhere: Place, stack: str) -> None:
    state = elsewhere.root / ".careplane" / "upgrade"
    (state / "before").write_bytes(gzip.decompress((STATES / f"{stack}.json.gz").read_bytes()))
    import_(elsewhere, stack, state / "before")
    said = elsewhere.must("pulumi", "preview", "--json", "--stack", stack)
    import_(elsewhere, stack, state / f"{stack}.now")
    steps: list[dict[str, Any]] = json.loads(said)["steps"]
    assert {step["op"] for step in steps} & {"same", "update"}, "the state was not recognised"
    lost = [step for step in steps if step["op"] in LOSING and step["oldState"]["type"] in STATEFUL]
    assert not [(step["op"], step["urn"]) for step in lost]
