"""The order in which a Pulumi CLI is looked for, and what a damaged or contested cache does."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from localcloud.toolchain import cli
from localcloud.toolchain.errors import ToolchainError
from tests.localcloud.toolchain.fakes import Said, Step, fake_pulumi, ways


def test_a_new_enough_cli_on_path_wins_over_the_cache(tmp_path: Path) -> None:
    on_path = fake_pulumi(tmp_path / "bin", "v3.300.1")
    here = ways(tmp_path / "cache", Step(), path=str(on_path.parent))
    fake_pulumi(here.cached.parent)
    found = cli.obtain(here)
    assert (found.path, found.version, found.source) == (on_path, (3, 300, 1), "PATH")


@pytest.mark.parametrize(
    ("version", "words"), [("v3.258.9", "3.258.9, 3.259.0 or later"), ("v4.0.0", "of Pulumi 3 is needed")]
)
def test_an_unfit_version_on_path_is_passed_over_and_named(tmp_path: Path, version: str, words: str) -> None:
    said, step = Said(), Step()
    on_path = fake_pulumi(tmp_path / "bin", version)
    found = cli.obtain(ways(tmp_path / "cache", step, path=str(on_path.parent), say=said))
    assert found.source == "way 1"
    assert any(words in line for line in said.lines)


def test_a_cli_on_path_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    said = Said()
    on_path = fake_pulumi(tmp_path / "bin", code=1)
    assert cli.obtain(ways(tmp_path / "cache", Step(), path=str(on_path.parent), say=said)).source == "way 1"
    assert said.lines == [f"{on_path} does not run: passed over"]


def test_a_file_on_path_that_cannot_be_executed_is_no_cli(tmp_path: Path) -> None:
    fake_pulumi(tmp_path / "bin").chmod(0o644)
    assert cli.find(ways(tmp_path / "cache", path=str(tmp_path / "bin"))) is None


def test_the_cache_is_used_before_anything_is_obtained(tmp_path: Path) -> None:
    step = Step()
    here = ways(tmp_path, step)
    fake_pulumi(here.cached.parent)
    assert cli.obtain(here).source == "cache"
    assert step.taken == 0


def test_the_cached_cli_counts_as_cached_when_it_is_on_path(tmp_path: Path) -> None:
    here = ways(tmp_path, path=str(tmp_path / "pulumi-3.259.0" / "bin"))
    fake_pulumi(here.cached.parent)
    found = cli.find(here)
    assert found is not None and found.source == "cache"


def test_a_failed_way_is_explained_and_the_next_is_taken(tmp_path: Path) -> None:
    said, second = Said(), Step()
    found = cli.obtain(ways(tmp_path, Step(fails="host unreachable"), second, say=said))
    assert (found.source, second.taken) == ("way 2", 1)
    assert said.lines == ["Pulumi 3.259.0: way 1: host unreachable"]


def test_when_every_way_fails_all_are_listed_and_nothing_is_cached(tmp_path: Path) -> None:
    here = ways(tmp_path, Step(fails="one"), Step(fails="two"))
    with pytest.raises(ToolchainError) as caught:
        cli.obtain(here)
    assert caught.value.tried == ("way 1: one", "way 2: two")
    assert not here.home.exists()
    assert not list(tmp_path.glob(".pulumi-*partial*"))


def test_what_does_not_run_is_never_cached(tmp_path: Path) -> None:
    here = ways(tmp_path, Step(gives="not-a-version"), Step())
    assert cli.obtain(here).source == "way 2"


@pytest.mark.parametrize("damage", ["truncated", "removed", "not executable"])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: str) -> None:
    here = ways(tmp_path, Step())
    path = fake_pulumi(here.cached.parent)
    if damage == "truncated":
        path.write_bytes(b"\x7fELF\x02")
    elif damage == "removed":
        path.unlink()
    else:
        path.chmod(0o644)
    assert cli.obtain(here).source == "way 1"
    found = cli.find(here)
    assert found is not None and found.source == "cache"


def test_a_build_that_was_killed_leaves_nothing_that_is_used(tmp_path: Path) -> None:
    here = ways(tmp_path, Step())
    left = tmp_path / f".{here.home.name}.partial-dead" / "bin"
    fake_pulumi(left)
    assert cli.obtain(here).source == "way 1"
    assert not left.exists()


def _slow_step(folder: Path) -> None:
    counter = folder.parent.parent / "count"
    with counter.open("a") as file:
        file.write("x")
    multiprocessing.Event().wait(0.3)
    fake_pulumi(folder)


def _obtain(root: Path) -> str:
    return cli.obtain(ways(root, _slow_step)).source


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        sources = pool.map(_obtain, [tmp_path] * 3)
    assert sorted(sources) == ["cache", "cache", "way 1"]
    assert (tmp_path / "count").read_text() == "x"


def test_a_vendors_host_is_told_from_ours(tmp_path: Path) -> None:
    path = fake_pulumi(tmp_path / "vendor", host=True)
    assert cli.Pulumi(path, (3, 259, 0), "PATH").own_host
    assert not cli.Pulumi(fake_pulumi(tmp_path / "built"), (3, 259, 0), "cache").own_host
