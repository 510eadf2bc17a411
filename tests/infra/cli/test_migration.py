from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.cli.main import _parser, main
from infra.cli.migration import Move, leave, plan, write
from infra.cli.migration_steps import PYTHON, markdown, steps
from infra.cli.places import stacks
from infra.config import CellConfig, TenantConfig
from infra.config import tenant as tenant_config
from infra.errors import ConfigError
from tests.infra.cli.place import committed, edited, second_cell

needs_next = pytest.mark.skipif(
    not hasattr(tenant_config, "NEXT"),
    reason="infra.config does not know the name of a moving tenant's stack",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return second_cell(committed(tmp_path)).parent


def titles(move: Move) -> list[str]:
    return [step.title for step in steps(move)]


def text(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_between_cells_both_run_side_by_side(folder: Path) -> None:
    move = plan("local", "lakeside", "local-cell-2", None, folder)
    assert (move.new, move.placement, move.same_cell) == ("local-tenant-lakeside-next", "pooled", False)
    assert titles(move) == [
        "Know that nothing is pending",
        "Write the new stack's file",
        "Bring up the new stack",
        "Freeze writes",
        "Export through the old runtime",
        "Import through the new runtime",
        "Verify row by row",
        "Switch",
        "Take down the old stack",
    ]


def test_within_a_cell_the_export_comes_before_the_audit_store_changes_hands(folder: Path) -> None:
    move = plan("local", "lakeside", None, "dedicated", folder)
    found = titles(move)
    assert found.index("Make the tenant's project") == 2
    order = [
        found.index(each)
        for each in (
            "Export through the old runtime",
            "Hand over what lies in the cell's project",
            "Bring up the new stack",
        )
    ]
    assert order == sorted(order)
    commands = "\n".join(command for step in steps(move) for command in step.commands)
    assert "'urn:pulumi:local-tenant-lakeside::careplane::careplane:healthcare:Dataset::audit'" in commands
    after = commands.split("pulumi state move")[1]
    assert "infra up --place local --stack local-tenant-lakeside\n" not in after


def test_every_step_has_commands_a_check_and_a_way_back(folder: Path) -> None:
    for cell, placement in (("local-cell-2", None), (None, "dedicated"), ("local-cell-2", "dedicated")):
        for step in steps(plan("local", "lakeside", cell, placement, folder)):
            assert step.commands and step.check and step.undo, step.title


WAYS = [
    ("lakeside", "local-cell-2", None),
    ("lakeside", None, "dedicated"),
    ("lakeside", "local-cell-2", "dedicated"),
    ("riverside", None, "pooled"),
    ("riverside", "local-cell-2", None),
]


def commands(move: Move) -> list[str]:
    """Every command of the plan, also those of the ways back."""
    lines = [line for step in steps(move) for line in step.commands]
    lines += [part for step in steps(move) for part in re.split(r",? (?:then|and) |, ", step.undo)]
    return [part for line in lines for part in line.split(" && ") if re.match(r"[a-z./]+ -|pulumi", part)]


@pytest.mark.parametrize(("name", "cell", "placement"), WAYS)
def test_every_command_of_ours_is_one_that_we_have(
    folder: Path, name: str, cell: str | None, placement: str | None
) -> None:
    own = [line for line in commands(plan("local", name, cell, placement, folder)) if " -m infra " in line]
    assert len(own) > 15
    for line in own:
        words = shlex.split(line)
        assert words[:3] == [PYTHON, "-m", "infra"]
        assert _parser().parse_args(words[3:]).run, line


@pytest.mark.parametrize(("name", "cell", "placement"), WAYS)
def test_nothing_but_commands_and_no_tool_of_anybody_elses(
    folder: Path, name: str, cell: str | None, placement: str | None
) -> None:
    for step in steps(plan("local", name, cell, placement, folder)):
        for line in (part for command in step.commands for part in command.split(" && ")):
            assert shlex.split(line)[0] in (PYTHON, "pulumi", "git", "rm"), line
        assert not re.search(r"gcloud|psql|jq\b", " ".join((*step.commands, *step.check, step.undo)))


def test_protection_goes_before_anything_is_handed_over_since_an_up_would_make_it_again(folder: Path) -> None:
    found = steps(plan("local", "lakeside", None, "dedicated", folder))
    lines = [line for step in found for line in step.commands]
    old = "--stack local-tenant-lakeside"
    lifted = lines.index(f"pulumi config set careplane:decommission true {old}")
    moved = next(n for n, line in enumerate(lines) if line.startswith("pulumi state move"))
    assert lifted < moved
    after = [line for line in lines[moved:] if line.endswith((old, f"{old} --decommission"))]
    assert after[0] == f"{PYTHON} -m infra destroy --place local {old}"


def test_requests_that_go_elsewhere_come_to_the_frozen_revision(folder: Path) -> None:
    changes: dict[str, Any] = {"careplane__traffic": {"green": 100}, "careplane__revision": "blue"}
    edited(folder, "local-tenant-lakeside", **changes)
    found = steps(plan("local", "lakeside", None, "dedicated", folder))
    freeze = next(step for step in found if step.title == "Freeze writes")
    assert "pulumi config rm careplane:traffic --stack local-tenant-lakeside" in freeze.commands


def test_a_dedicated_tenant_that_is_gone_leaves_its_cells_list(folder: Path) -> None:
    before = (folder / "Pulumi.local-cell.yaml").read_text()
    (folder / "Pulumi.local-tenant-riverside.yaml").unlink()
    assert leave("local-cell", "riverside", folder).name == "Pulumi.local-cell.yaml"
    after = (folder / "Pulumi.local-cell.yaml").read_text()
    assert after == re.sub(r"(dedicatedTenants:)\n +- riverside", r"\1 []", before)
    stacks("local", folder)
    with pytest.raises(ConfigError, match="NAME: 'riverside'"):
        leave("local-cell", "riverside", folder)


def test_one_of_several_leaves_alone(folder: Path) -> None:
    edited(folder, "local-cell", careplane__dedicatedTenants=["hillside", "riverside", "seaside"])
    leave("local-cell", "hillside", folder)
    found = next(each.config for each in stacks("local", folder) if each.name == "local-cell")
    assert isinstance(found, CellConfig) and found.dedicated_tenants == ("riverside", "seaside")


@pytest.mark.parametrize(
    ("cell", "name", "told"),
    [
        ("local-cell", "riverside", "a tenant that is gone; Pulumi.local-tenant-riverside.yaml is there"),
        ("local-cell", "lakeside", "NAME: 'lakeside' is not allowed; allowed: riverside"),
        ("local-cell-2", "lakeside", "a dedicated tenant of local-cell-2, which has none"),
        ("local-moon", "riverside", "--leave: 'local-moon' is not allowed; allowed: local-cell"),
    ],
)
def test_who_is_there_does_not_leave(folder: Path, cell: str, name: str, told: str) -> None:
    before = text(folder)
    with pytest.raises(ConfigError, match=told):
        leave(cell, name, folder)
    assert text(folder) == before


def test_leaving_is_no_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tenant", "move", "riverside", "--leave", "local-cell", "--write"]) == 2
    assert "--leave: 'local-cell' is not allowed; allowed: without --to-cell" in capsys.readouterr().err


def test_planning_writes_nothing(folder: Path) -> None:
    before = text(folder)
    markdown(move := plan("local", "lakeside", None, "dedicated", folder), steps(move))
    assert text(folder) == before


@needs_next
def test_write_makes_a_file_that_is_not_active_and_leaves_the_old_one(folder: Path) -> None:
    edited(folder, "local-tenant-lakeside", careplane__imageTag="v7", careplane__domain="example.org")
    before = (folder / "Pulumi.local-tenant-lakeside.yaml").read_text()
    written = write(plan("local", "lakeside", None, "dedicated", folder), folder)
    assert [path.name for path in written] == [
        "Pulumi.local-tenant-lakeside-next.yaml",
        "Pulumi.local-cell.yaml",
    ]
    assert (folder / "Pulumi.local-tenant-lakeside.yaml").read_text() == before
    found = {each.name: each.config for each in stacks("local", folder)}["local-tenant-lakeside-next"]
    assert isinstance(found, TenantConfig)
    assert (found.placement, found.project, found.active) == ("dedicated", "careplane-lakeside", False)
    assert (found.image_tag, found.domain) == ("v7", "example.org")


def test_the_way_to_another_cell_takes_its_project_and_region(folder: Path) -> None:
    document = plan("local", "riverside", "local-cell-2", None, folder).document["config"]
    assert (document["gcp:project"], document["gcp:region"]) == ("careplane2-riverside", "europe-west4")


def test_a_private_tenant_is_frozen_as_any_other(folder: Path) -> None:
    private: dict[str, Any] = {"careplane__profile": "private"}
    edited(
        folder,
        "local-tenant-lakeside",
        careplane__placement="dedicated",
        gcp__project="careplane-lakeside",
        **private,
    )
    edited(folder, "local-cell", careplane__dedicatedTenants=["riverside", "lakeside"])
    freeze = next(
        step
        for step in steps(plan("local", "lakeside", "local-cell-2", None, folder))
        if step.title == "Freeze writes"
    )
    assert freeze.commands[0] == "pulumi config set careplane:readOnly true --stack local-tenant-lakeside"


@pytest.mark.parametrize(
    ("cell", "placement", "message"),
    [
        ("local-cell", None, "--to-cell: 'local-cell' .* another than local-cell"),
        (None, "pooled", "--to-placement: 'pooled' .* another than pooled"),
        ("local-moon", None, "allowed: local-cell, local-cell-2"),
    ],
)
def test_a_target_that_is_no_other(
    folder: Path, cell: str | None, placement: str | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        plan("local", "lakeside", cell, placement, folder)


def test_out_of_the_jurisdiction_is_no_move(folder: Path) -> None:
    second_cell(folder, careplane__jurisdiction="us", gcp__region="us-east4")
    with pytest.raises(ConfigError, match="a cell in jurisdiction eu; local-cell-2 lies in us"):
        plan("local", "lakeside", "local-cell-2", None, folder)


def test_a_placement_that_the_target_does_not_have(folder: Path) -> None:
    second_cell(folder, careplane__profile="private")
    with pytest.raises(ConfigError, match=r"--to-cell: 'local-cell-2'.* add --to-placement dedicated"):
        plan("local", "lakeside", "local-cell-2", None, folder)
    with pytest.raises(ConfigError, match="--to-placement: 'pooled' is not allowed; allowed: dedicated"):
        plan("local", "riverside", "local-cell-2", "pooled", folder)


def test_an_unknown_tenant_lists_the_tenants(folder: Path) -> None:
    with pytest.raises(ConfigError, match="NAME: 'hillside' is not allowed; allowed: lakeside, riverside"):
        plan("local", "hillside", "local-cell-2", None, folder)


@needs_next
def test_a_tenant_with_two_stacks_is_not_moved(folder: Path) -> None:
    write(plan("local", "lakeside", "local-cell-2", None, folder), folder)
    with pytest.raises(ConfigError, match="a tenant with one stack"):
        plan("local", "lakeside", None, "dedicated", folder)


def test_markdown_numbers_the_steps(folder: Path) -> None:
    move = plan("local", "lakeside", "local-cell-2", None, folder)
    lines = markdown(move, steps(move)).splitlines()
    assert lines[0] == "# Move of tenant lakeside"
    assert "## 1. Know that nothing is pending" in lines and "## 9. Take down the old stack" in lines


def test_the_command_plans_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tenant", "move", "lakeside", "--to-placement", "dedicated", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["from"], said["to"]) == ("local-tenant-lakeside", "local-tenant-lakeside-next")
    assert said["written"] == [] and said["steps"][0]["check"]


def test_the_command_without_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tenant", "move", "lakeside"]) == 2
    assert "--to-cell: nothing was given" in capsys.readouterr().err


@needs_next
def test_what_is_planned_is_what_is_written(folder: Path) -> None:
    move = plan("local", "lakeside", "local-cell-2", None, folder)
    assert yaml.safe_load(write(move, folder)[0].read_text()) == move.document
