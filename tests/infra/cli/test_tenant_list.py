from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.cli.errors import EngineFailed
from infra.cli.events import Outcome
from infra.cli.main import main
from infra.cli.places import stacks
from infra.cli.progress import Progress
from infra.cli.tenant_list import rows, text
from infra.cli.tenants import NewTenant, new
from tests.infra.cli.place import committed, paired_cell
from tests.infra.cli.test_recovery import Recorded

LISTED = [
    {"name": "organization/careplane/local-tenant-riverside", "lastUpdate": "2026-11-25T09:59:03.133Z"},
    {"name": "local-tenant-lakeside"},
]


@dataclass(frozen=True)
class Engine(Recorded):
    drifted: bool = False
    failing: bool = False

    def ask(self, *arguments: str) -> str:
        self.commands.append(arguments)
        return json.dumps(LISTED)

    def run(
        self, verb: str, stack: str, *options: str, what: str, progress: Progress | None = None
    ) -> Outcome:
        super().run(verb, stack, *options, what=what)
        if self.failing:
            raise EngineFailed(stack, verb, ["no"], Path("log"))
        return Outcome(changes={"update": 1} if self.drifted else {"same": 3})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return committed(tmp_path)


def test_what_files_and_engine_say(folder: Path) -> None:
    lakeside, riverside = rows(Engine(), stacks("local", folder))
    assert (riverside.cell, riverside.site, riverside.placement) == ("local-cell", "frankfurt", "dedicated")
    assert (riverside.profile, riverside.version, riverside.active) == ("saas", "local", True)
    assert riverside.last_update == "2026-11-25T09:59:03.133Z"
    assert lakeside.last_update is None
    assert {lakeside.drift, riverside.drift} == {"unknown"}


def test_a_second_site_has_a_row_of_its_own(folder: Path) -> None:
    paired_cell(folder)
    new(NewTenant("hillside", "local-cell", recovery="local-cell-2"), folder)
    found = {row.stack: row for row in rows(Engine(), stacks("local", folder))}
    second = found["local-tenant-hillside-2"]
    assert (second.tenant, second.site, second.active) == ("hillside", "eemshaven", False)


@pytest.mark.parametrize(
    ("engine", "drift"), [(Engine(drifted=True), "yes"), (Engine(), "no"), (Engine(failing=True), "unknown")]
)
def test_drift_is_looked_for_without_changing_anything(folder: Path, engine: Engine, drift: str) -> None:
    engine.commands.clear()
    found = {row.tenant: row.drift for row in rows(engine, stacks("local", folder), drift=True)}
    assert found == {"lakeside": "unknown", "riverside": drift}
    asked = [command for command in engine.commands if command[0] == "refresh"]
    assert asked == [("refresh", "local-tenant-riverside", "--preview-only")]


def test_columns_line_up(folder: Path) -> None:
    lines = text(rows(Engine(), stacks("local", folder))).splitlines()
    assert lines[0].split()[:3] == ["TENANT", "CELL", "SITE"]
    assert lines[1].index("pooled") == lines[2].index("dedicated") == lines[0].index("PLACEMENT")
    assert "never" in lines[1] and "2026-11-25 09:59:03" in lines[2]


def test_without_an_engine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["tenant", "list"]) == 2
    assert "pulumi is not on PATH" in capsys.readouterr().err
