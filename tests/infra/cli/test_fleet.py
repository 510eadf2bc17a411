from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.cli import fleet_state
from infra.cli.errors import StackBusy
from infra.cli.events import Outcome
from infra.cli.fleet import Fleet, order
from infra.cli.fleet_select import select
from infra.cli.fleet_state import FleetState, TenantResult
from infra.cli.fleet_tenant import FleetOptions
from infra.cli.fleet_view import FleetView
from infra.cli.main import main
from infra.cli.places import STACKS, Stack, stacks
from infra.cli.pulumi import Pulumi
from infra.cli.stack_lock import held
from infra.errors import ConfigError
from tests.infra.cli.fake_pulumi import CREATED, FakePulumi, Result, creates, fails

DATABASE = "urn:pulumi:local-tenant-b::careplane::gcp:sql/database:Database::database"
NAMES = ("a", "b", "c", "d", "e", "f")


@pytest.fixture
def tenant_stacks(tmp_path: Path) -> list[Stack]:
    """Six pooled tenants, a to f."""
    folder = tmp_path / "stacks"
    folder.mkdir()
    for kind in ("organization", "foundation", "cell"):
        source = STACKS / f"Pulumi.local-{kind}.yaml"
        (folder / source.name).write_text(source.read_text())
    for name in NAMES:
        text = (STACKS / "Pulumi.local-tenant-lakeside.yaml").read_text()
        (folder / f"Pulumi.local-tenant-{name}.yaml").write_text(text.replace("lakeside", name))
    return select(stacks("local", folder), [])


@pytest.fixture
def make(tenant_stacks: list[Stack], tmp_path: Path) -> Callable[..., Fleet]:
    """A fleet over the six; everything can be said otherwise."""

    def made(result: Result = creates, verb: str = "up", canary: int = 1, **more: Any) -> Fleet:
        names, canaries = order(tenant_stacks, canary)
        state = FleetState(fleet_state.path(tmp_path, "local", verb, []), "local", verb, [], names, canaries)
        given: dict[str, Any] = {
            "pulumi": FakePulumi(home=tmp_path, result=result),
            "stacks": {stack.name: stack for stack in tenant_stacks},
            "state": state,
            "view": FleetView(len(names), io.StringIO()),
            "health": lambda outputs: "",
        }
        return Fleet(**{**given, **more})

    return made


def by_status(results: list[TenantResult]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in results:
        found.setdefault(each.status, []).append(each.tenant)
    return found


def pulumi(fleet: Fleet) -> FakePulumi:
    assert isinstance(fleet.pulumi, FakePulumi)
    return fleet.pulumi


def test_every_tenant_is_previewed_before_it_is_changed_and_the_canary_comes_first(
    make: Callable[..., Fleet],
) -> None:
    fleet = make(parallel=3)
    results = fleet.run()
    assert by_status(results) == {"done": list(NAMES)}
    assert all(each.changes == CREATED for each in results)
    commands = pulumi(fleet).commands
    assert commands[:3] == [
        ("stack init", "local-tenant-a"),
        ("preview", "local-tenant-a"),
        ("up", "local-tenant-a"),
    ]
    for name in NAMES:
        stack = f"local-tenant-{name}"
        assert commands.index(("preview", stack)) < commands.index(("up", stack))


def test_a_preview_changes_nothing(make: Callable[..., Fleet]) -> None:
    fleet = make(verb="preview")
    assert by_status(fleet.run()) == {"done": list(NAMES)}
    assert pulumi(fleet).touched("up") == []


def test_a_tenant_without_differences_is_unchanged_and_not_updated(make: Callable[..., Fleet]) -> None:
    fleet = make(lambda verb, stack: Outcome(changes={"same": 70}))
    assert by_status(fleet.run()) == {"unchanged": list(NAMES)}
    assert pulumi(fleet).touched("up") == []


def test_a_canary_that_fails_stops_the_fleet_and_nothing_else_is_touched(make: Callable[..., Fleet]) -> None:
    fleet = make(fails("local-tenant-a"), max_failures=6)
    assert by_status(fleet.run()) == {"failed": ["a"], "skipped": list(NAMES[1:])}
    assert {stack for _, stack in pulumi(fleet).commands} == {"local-tenant-a"}
    assert fleet.state.stopped == "canary a failed"


def test_a_canary_that_comes_up_ill_stops_the_fleet(make: Callable[..., Fleet]) -> None:
    asked: list[str] = []

    def health(outputs: dict[str, Any]) -> str:
        asked.append(outputs["baseUrl"])
        return "answers 503"

    fleet = make(health=health)
    results = fleet.run()
    assert by_status(results) == {"failed": ["a"], "skipped": list(NAMES[1:])}
    assert asked == ["http://local-tenant-a"] and "answers 503" in results[0].reason


def test_endpoints_are_asked_between_waves(make: Callable[..., Fleet]) -> None:
    asked: list[str] = []

    def health(outputs: dict[str, Any]) -> str:
        asked.append(outputs["baseUrl"])
        return ""

    make(health=health).run()
    assert sorted(asked) == [f"http://local-tenant-{name}" for name in NAMES]


def test_of_services_scaled_to_zero_one_a_wave_is_asked(make: Callable[..., Fleet]) -> None:
    asked: list[str] = []

    def health(outputs: dict[str, Any]) -> str:
        asked.append(outputs["baseUrl"])
        return ""

    fleet = make(health=health)
    fleet.stacks = {
        name: replace(stack, config=replace(stack.config, min_instances=0))  # type: ignore[call-arg]
        for name, stack in fleet.stacks.items()
    }
    fleet.run()
    assert asked == ["http://local-tenant-a", "http://local-tenant-b"]


def test_it_stops_at_so_many_failures_and_those_left_are_not_touched(make: Callable[..., Fleet]) -> None:
    bad = [f"local-tenant-{name}" for name in "bcdef"]
    fleet = make(fails(*bad), max_failures=2, parallel=1)
    assert by_status(fleet.run()) == {"done": ["a"], "failed": ["b", "c"], "skipped": ["d", "e", "f"]}
    assert "local-tenant-d" not in {stack for _, stack in pulumi(fleet).commands}


def loses_its_database(verb: str, stack: str) -> Outcome:
    removed = {DATABASE: "gcp:sql/database:Database"} if stack == "local-tenant-b" else {}
    return Outcome(changes={"replace": 1}, removed=removed)


def test_a_plan_that_replaces_what_holds_data_fails_its_tenant_untouched(make: Callable[..., Fleet]) -> None:
    fleet = make(loses_its_database, max_failures=2)
    results = fleet.run()
    assert by_status(results)["failed"] == ["b"]
    assert DATABASE in results[1].reason
    assert "local-tenant-b" not in pulumi(fleet).touched("up")


@pytest.mark.parametrize("allowed", [DATABASE, "urn:pulumi:local-tenant-b::*"])
def test_unless_it_is_named(make: Callable[..., Fleet], allowed: str) -> None:
    fleet = make(loses_its_database, options=FleetOptions(allow_replace=(allowed,)))
    assert by_status(fleet.run()) == {"done": list(NAMES)}


def test_what_holds_no_data_may_be_replaced(make: Callable[..., Fleet]) -> None:
    removed = {"urn::job": "gcp:cloudrunv2/job:Job"}
    fleet = make(lambda verb, stack: Outcome(changes={"replace": 1}, removed=removed))
    assert by_status(fleet.run()) == {"done": list(NAMES)}


def test_destroy_needs_protection_lifted(make: Callable[..., Fleet]) -> None:
    fleet = make(verb="destroy", max_failures=9, canary=0)
    pulumi(fleet).states.update(
        {name: [{"urn": f"{name}::x", "type": "t", "protect": True}] for name in fleet.state.order}
    )
    assert by_status(fleet.run()) == {"failed": list(NAMES)}
    assert pulumi(fleet).touched("destroy") == []


def test_destroy_of_what_was_never_up_changes_nothing(make: Callable[..., Fleet]) -> None:
    assert by_status(make(verb="destroy").run()) == {"unchanged": list(NAMES)}


class TestInterrupted:
    def interrupted(self, make: Callable[..., Fleet]) -> Fleet:
        """Ctrl-C while b is being updated."""

        def result(verb: str, stack: str) -> Outcome:
            if (verb, stack) == ("up", "local-tenant-b"):
                os.kill(os.getpid(), signal.SIGINT)
            return creates(verb, stack)

        fleet = make(result, parallel=1)
        with pytest.raises(KeyboardInterrupt):
            fleet.run()
        return fleet

    def test_the_tenant_under_way_ends_and_the_state_is_whole(self, make: Callable[..., Fleet]) -> None:
        fleet = self.interrupted(make)
        found = fleet_state.resume(fleet.state.path.parent, "local", "up", [])
        assert {stack for stack, each in found.results.items() if each.settled} == {
            "local-tenant-a",
            "local-tenant-b",
        }
        assert fleet.state.stopped == "interrupted"
        assert pulumi(fleet).touched() == ["local-tenant-a", "local-tenant-b"]

    def test_resume_goes_on_with_the_rest_and_knows_the_whole_result(
        self, make: Callable[..., Fleet]
    ) -> None:
        before = self.interrupted(make)
        state = fleet_state.resume(before.state.path.parent, "local", "up", [])
        fleet = make(state=state)
        assert by_status(fleet.run()) == {"done": list(NAMES)}
        assert sorted(pulumi(fleet).touched()) == [f"local-tenant-{name}" for name in "cdef"]


def test_resume_takes_up_what_failed(make: Callable[..., Fleet]) -> None:
    first = make(fails("local-tenant-c"))
    first.run()
    fleet = make(state=fleet_state.resume(first.state.path.parent, "local", "up", []))
    assert by_status(fleet.run()) == {"done": list(NAMES)}
    assert "local-tenant-c" in pulumi(fleet).touched()
    assert "local-tenant-a" not in pulumi(fleet).touched()


def test_resume_without_a_run_before_or_with_another_selection_is_refused(
    make: Callable[..., Fleet], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="--resume"):
        fleet_state.resume(tmp_path, "local", "up", [])
    make().run()
    with pytest.raises(ConfigError, match="allowed: all tenants"):
        fleet_state.resume(tmp_path, "local", "up", ["tenant=a"])


def test_two_commands_over_the_same_tenants_do_not_meet(tmp_path: Path) -> None:
    file = fleet_state.path(tmp_path, "local", "up", [])
    with fleet_state.alone(file):
        with pytest.raises(fleet_state.Busy), fleet_state.alone(file):
            pass
        with fleet_state.alone(fleet_state.path(tmp_path, "local", "up", ["tenant=a"])):
            pass
    with fleet_state.alone(file):
        pass


def test_a_stack_that_another_command_has_fails_its_tenant_untouched(
    make: Callable[..., Fleet], tmp_path: Path
) -> None:
    fleet = make(max_failures=2)
    with held(tmp_path, "local-tenant-b", "tenant offboard b"):
        results = fleet.run()
    assert by_status(results) == {"done": ["a", "c", "d", "e", "f"], "failed": ["b"]}
    assert "local-tenant-b is busy" in results[1].reason and "tenant offboard b" in results[1].reason
    assert "local-tenant-b" not in {stack for _, stack in pulumi(fleet).commands}


def test_a_tenant_is_held_for_its_turn_only(make: Callable[..., Fleet], tmp_path: Path) -> None:
    said: list[str] = []

    def result(verb: str, stack: str) -> Outcome:
        with pytest.raises(StackBusy, match=r"\(fleet up\)") as busy, held(tmp_path, stack, "up"):
            pass
        said.append(str(busy.value))
        return creates(verb, stack)

    make(result).run()
    assert len(said) == 2 * len(NAMES)
    with held(tmp_path, "local-tenant-a", "up"):
        pass


def test_selection_narrows_by_another_key_and_widens_by_the_same(tenant_stacks: list[Stack]) -> None:
    def names(*given: str) -> list[str]:
        return [stack.name[-1] for stack in select(tenant_stacks, list(given))]

    assert names("cell=local-cell,placement=pooled") == list(NAMES)
    assert names("tenant=a,tenant=c", "profile=saas") == ["a", "c"]
    assert names() == list(NAMES)


@pytest.mark.parametrize(
    ("given", "told"), [("tenant=z", "a, b, c"), ("colour=red", "cell=…"), ("tenant=", "cell=…")]
)
def test_what_no_tenant_has_is_refused_with_what_there_is(
    tenant_stacks: list[Stack], given: str, told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        select(tenant_stacks, [given])


class TestSecondSites:
    """The place `us`, where each tenant has two stacks."""

    FIRST = ("us-tenant-lakeside", "us-tenant-riverside")
    SECOND = ("us-tenant-lakeside-2", "us-tenant-riverside-2")

    def fleet(self, home: Path, verb: str, canary: int, **more: Any) -> Fleet:
        chosen = select(stacks("us"), [])
        names, canaries = order(chosen, canary, verb)
        state = FleetState(fleet_state.path(home, "us", verb, []), "us", verb, [], names, canaries)
        given = {"parallel": 8, "view": FleetView(len(names), io.StringIO()), "health": lambda outputs: ""}
        known = {stack.name: stack for stack in chosen}
        return Fleet(FakePulumi(home=home), known, state, **{**given, **more})

    def test_come_after_the_first_ones_and_never_in_one_wave_with_them(self, tmp_path: Path) -> None:
        fleet = self.fleet(tmp_path, "up", canary=1)
        assert by_status(fleet.run()) == {"done": ["lakeside", "riverside"] * 2}
        commands = pulumi(fleet).commands
        last = max(commands.index(("up", name)) for name in self.FIRST)
        assert all(commands.index(("stack init", name)) > last for name in self.SECOND)

    def test_not_even_as_canaries(self, tmp_path: Path) -> None:
        waves = list(self.fleet(tmp_path, "up", canary=4)._waves())
        assert waves == [list(self.FIRST), list(self.SECOND)]

    def test_go_first_where_all_is_destroyed(self, tmp_path: Path) -> None:
        waves = list(self.fleet(tmp_path, "destroy", canary=0)._waves())
        assert waves == [list(self.SECOND), list(self.FIRST)]

    def test_are_not_asked_while_their_hosts_point_elsewhere(self, tmp_path: Path) -> None:
        asked: list[str] = []

        def health(outputs: dict[str, Any]) -> str:
            asked.append(outputs["baseUrl"])
            return ""

        self.fleet(tmp_path, "up", canary=4, health=health).run()
        assert sorted(asked) == [f"http://{name}" for name in self.FIRST]


def test_a_rehearsed_place_runs_in_the_rehearsals_folder_and_is_remembered_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[Path, str]] = []

    def run(fleet: Fleet) -> list[TenantResult]:
        ran.append((fleet.pulumi.root, fleet.state.path.name.rsplit("-", 1)[0]))
        return []

    monkeypatch.setenv("CAREPLANE_HOME", str(tmp_path))
    monkeypatch.setattr(Fleet, "run", run)
    monkeypatch.setattr(Pulumi, "require", lambda self: (self.home).mkdir(exist_ok=True))
    assert main(["fleet", "up", "--place", "us", "--rehearse"]) == 0
    assert ran == [(tmp_path / "infra" / "rehearsal", "fleet-us-rehearsed-up")]
