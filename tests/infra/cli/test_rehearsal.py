"""A cloud place's stack files, given the local endpoints in a folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from infra.cli import rehearsal
from infra.cli.main import main
from infra.cli.places import ROOT, STACKS, stacks
from infra.errors import ConfigError


def config(path: Path) -> dict[str, str]:
    values: dict[str, str] = yaml.safe_load(path.read_text())["config"]
    return values


def test_every_stack_of_the_place_keeps_its_values_and_gets_local_endpoints(tmp_path: Path) -> None:
    root = rehearsal.prepare("us", tmp_path)
    assert [each.name for each in stacks("us", root / "stacks")] == [each.name for each in stacks("us")]
    for path in STACKS.glob("Pulumi.us-*.yaml"):
        prepared = config(root / "stacks" / path.name)
        given = {key: value for key, value in config(path).items() if key != "careplane:operators"}
        assert all(prepared[key] == value for key, value in given.items())
        assert prepared["gcp:kmsCustomEndpoint"].startswith("http://127.0.0.1:")


def test_operators_are_those_of_this_machine_who_can_pass_its_perimeter(tmp_path: Path) -> None:
    root = rehearsal.prepare("us", tmp_path)
    organization = config(root / "stacks" / "Pulumi.us-organization.yaml")
    assert organization["careplane:operators"] == ["user:operator@careplane.test"]


def test_programs_and_policies_are_this_checkouts(tmp_path: Path) -> None:
    root = rehearsal.prepare("us", tmp_path)
    assert (root / "infra").resolve() == ROOT / "infra"
    assert (root / "policies" / "pack" / "PulumiPolicy.yaml").exists()


def test_second_time_keeps_the_salt_that_the_engine_wrote(tmp_path: Path) -> None:
    path = rehearsal.prepare("us", tmp_path) / "stacks" / "Pulumi.us-cell.yaml"
    path.write_text(path.read_text() + "encryptionsalt: v1:abc\n")
    rehearsal.prepare("us", tmp_path)
    assert yaml.safe_load(path.read_text())["encryptionsalt"] == "v1:abc"


def test_local_place_needs_no_rehearsal(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        rehearsal.prepare("local", tmp_path)
    assert caught.value.key == "--rehearse"


def test_place_without_stack_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        rehearsal.prepare("atlantis", tmp_path)
    assert caught.value.key == "--place"


class TestUnrehearsed:
    """A place in the cloud, in a shell whose engine is the local cloud's."""

    @pytest.fixture(autouse=True)
    def shell(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CAREPLANE_HOME", str(tmp_path))
        monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "state").as_uri())

    @pytest.mark.parametrize("place", ["us", "eu", "de", "private"])
    @pytest.mark.parametrize("command", [["up"], ["preview"], ["fleet", "up"], ["destroy"]])
    def test_is_refused_with_one_sentence_before_anything_is_written(
        self, place: str, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = {path: path.read_bytes() for path in STACKS.glob(f"Pulumi.{place}-*.yaml")}
        assert main([*command, "--place", place]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"infra: --place: '{place}' is not allowed; allowed: with --rehearse, since ")
        assert said.count("\n") == 1
        assert not list(tmp_path.rglob("*"))
        assert before == {path: path.read_bytes() for path in before}

    def test_the_local_place_is_at_home(self, tmp_path: Path) -> None:
        rehearsal.refuse_unrehearsed("local", tmp_path / "infra")

    def test_a_place_is_at_home_where_its_own_backend_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PULUMI_BACKEND_URL", "gs://careplane-us-bootstrap-state-us")
        rehearsal.refuse_unrehearsed("us", tmp_path / "infra")

    def test_a_place_that_is_not_there_is_said_by_who_looks_for_it(self, tmp_path: Path) -> None:
        rehearsal.refuse_unrehearsed("moon", tmp_path / "infra")
