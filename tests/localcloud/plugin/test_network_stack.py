"""Types without a recording, together in one stack: the real engine, our plugin and a running localcloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

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


def test_such_a_stack_goes_up_stays_changes_in_place_and_leaves_nothing(project: Project) -> None:
    project.up(network_program.text)
    project.unchanged()
    project.program(network_program.changed)
    steps = json.loads(project.must("preview", "--json"))["steps"]
    replaced = {step["urn"].rsplit("::", 1)[-1] for step in steps if "replace" in step["op"]}
    assert replaced == REPLACED
    project.must("up", "--yes", "--skip-preview")
    project.unchanged()
    project.must("destroy", "--yes", "--skip-preview")
