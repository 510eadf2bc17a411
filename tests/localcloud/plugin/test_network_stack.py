"""Types without a recording, together in one stack: the real engine, our plugin and a running localcloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.plugin import diff
from localcloud.plugin.values import SIGNATURE
from tests.localcloud import running
from tests.localcloud.plugin import network_program, pulumi_project
from tests.localcloud.plugin.pulumi_project import Project

REPLACED = {"everywhere", "template"}
"""Instance templates never change."""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    cloud = running.start(tmp_path / "cloud")
    try:
        yield pulumi_project.create(tmp_path / "project", cloud)
    finally:
        cloud.close()


CHOSEN_ANEW = {
    "certificate.scope",
    "mllp.ipAddress",
    "everywhere.disks.sourceImage",
    "template.disks.sourceImage",
}
"""Given by name, read back as what Google makes of it; the default scope is not told."""


def unlike(given: Any, found: Any, path: str) -> Iterator[str]:
    """Paths of values that a program gave and Google does not have; secrets are encrypted in the state."""
    if isinstance(given, dict):
        for key, value in () if SIGNATURE in given else given.items():
            yield from unlike(value, (found or {}).get(key), f"{path}.{key}")
    elif isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        for item, other in zip(_ordered(given), _ordered(found), strict=True):
            yield from unlike(item, other, path)
    elif given != found and not diff.reference(given, found) and given not in (None, [], {}):
        yield path


def _ordered(items: list[Any]) -> list[Any]:
    """Terraform's sets have no order."""
    return sorted(
        items,
        key=lambda item: (
            str(item.get("priority", item.get("name", ""))) if isinstance(item, dict) else str(item)
        ),
    )


def differences(project: Project) -> set[str]:
    """Over all resources of the stack."""
    states = project.states()
    return {
        path
        for name, state in states.items()
        if state["type"].startswith("gcp:")
        for path in unlike(state["inputs"], state["outputs"], name)
    } - CHOSEN_ANEW


def test_such_a_stack_goes_up_stays_changes_in_place_and_leaves_nothing(project: Project) -> None:
    project.up(network_program.text)
    project.unchanged()
    assert differences(project) == set()
    project.program(network_program.changed)
    steps = json.loads(project.must("preview", "--json"))["steps"]
    replaced = {step["urn"].rsplit("::", 1)[-1] for step in steps if "replace" in step["op"]}
    assert replaced == REPLACED
    project.must("up", "--yes", "--skip-preview")
    project.unchanged()
    assert differences(project) == set()
    project.must("destroy", "--yes", "--skip-preview")
