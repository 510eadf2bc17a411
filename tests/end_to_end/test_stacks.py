"""What `pulumi` says of the five stacks once they are up."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end.place import STACKS, Place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_first_run_ends_with_the_table(place: Place) -> None:
    said = place.first_up.out  # type: ignore[attr-defined]
    for tenant in ("riverside", "lakeside"):
        assert place.outputs(f"local-tenant-{tenant}")["fhirUrl"] in said
    assert "curl" in said


def test_second_run_changes_nothing_and_says_so(place: Place) -> None:
    result = place.python("infra", "up")
    assert result.code == 0, result.said
    assert "nothing to change" in result.said.lower()


def test_working_tree_stays_clean(place: Place) -> None:
    assert place.must("git", "status", "--porcelain") == ""


@pytest.mark.parametrize("stack", STACKS)
def test_preview_with_policies_is_empty(place: Place, stack: str) -> None:
    said = place.must(
        "pulumi", "preview", "--expect-no-changes", "--policy-pack", "policies/pack", "--stack", stack
    )  # fmt: skip
    assert "careplane" in said
    assert "mandatory" not in said


@pytest.mark.parametrize("stack", STACKS)
def test_refresh_finds_no_drift(place: Place, stack: str) -> None:
    place.must("pulumi", "refresh", "--yes", "--expect-no-changes", "--stack", stack)


def test_changed_configuration_previews_exactly_its_difference(place: Place) -> None:
    """A new image tag replaces the revision of one tenant and nothing else."""
    stack = "local-tenant-lakeside"
    said = place.must(
        "pulumi", "preview", "--json", "--stack", stack, "--config", "careplane:imageTag=next"
    )  # fmt: skip
    steps = json.loads(said)["steps"]
    changed = sorted(
        (step["op"], step["urn"].split("::")[-1]) for step in steps if step["op"] not in ("same", "read")
    )
    assert changed == [
        ("update", "admin"),
        ("update", "grants"),
        ("update", "migrate"),
        ("update", "service"),
    ]


def test_secret_in_an_environment_stops_up_before_anything_is_changed(place: Place) -> None:
    stack = "local-tenant-lakeside"
    before = place.must("pulumi", "stack", "export", "--stack", stack)
    result = place.run(
        "pulumi", "up", "--yes", "--policy-pack", "policies/pack", "--stack", stack,
        "--config", 'careplane:encryptedSystems=["https://someone:hunter2@example.org/ssn"]',
    )  # fmt: skip
    assert result.code != 0
    assert "SecretRef" in result.said and "hunter2" not in result.said.replace("--config", "")
    after = place.must("pulumi", "stack", "export", "--stack", stack)
    assert json.loads(before)["deployment"]["resources"] == json.loads(after)["deployment"]["resources"]
    place.must("git", "checkout", "-q", "stacks")
    place.must("pulumi", "preview", "--expect-no-changes", "--stack", stack)


def test_mandatory_violation_stops_up_before_anything_is_made(place: Place, tmp_path: Path) -> None:
    """A program of somebody's own, which none of our components guards, under the same pack."""
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (tmp_path / "Pulumi.yaml").write_text(json.dumps({"name": "odd", "runtime": runtime}))
    settings = json.loads(place.must("pulumi", "config", "--json", "--stack", "local-cell"))
    values = {key: each["value"] for key, each in settings.items()}
    (tmp_path / "Pulumi.odd.yaml").write_text(json.dumps({"config": values}))
    program = 'from pulumi_gcp import storage\nstorage.Bucket("odd", name="odd-bucket", location="EU")\n'
    (tmp_path / "__main__.py").write_text(program)
    odd = replace(place, root=tmp_path, environ={**place.environ, "PULUMI_CONFIG": json.dumps(values)})
    odd.must("pulumi", "stack", "init", "--stack", "odd")
    result = odd.run(
        "pulumi", "up", "--yes", "--stack", "odd", "--policy-pack", str(place.root / "policies" / "pack")
    )  # fmt: skip
    assert result.code != 0 and "bucket-cmek" in result.said, result.said
    assert place.google("GET", 26, "/storage/v1/b/odd-bucket").status_code == 404
    odd.must("pulumi", "stack", "rm", "--yes", "--force", "--stack", "odd")


def test_plain_pulumi_commands_work_by_hand(place: Place) -> None:
    script = (
        f'eval "$("{sys.executable}" -m localcloud env)" && pulumi up --yes -s local-cell && pulumi stack ls'
    )
    result = place.run("sh", "-c", script)
    assert result.code == 0, result.said
    assert "unchanged" in result.out
