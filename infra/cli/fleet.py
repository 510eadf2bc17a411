"""Many tenants of a place: canaries first, then wave after wave, until all are done or too many fail.

Every tenant is previewed under the policies before it is changed. Between waves the endpoints of what was
changed are asked; a canary that fails, or `max_failures` tenants, stop the fleet. What was done is on disk
after each tenant, so that `--resume` goes on after a stop, a Ctrl-C or a kill.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sized
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import TypeVar

from infra.cli import fleet_health
from infra.cli.errors import CliError
from infra.cli.fleet_select import tenant
from infra.cli.fleet_state import DONE, FAILED, SKIPPED, UNCHANGED, FleetState, TenantResult
from infra.cli.fleet_tenant import ACTS, FleetOptions
from infra.cli.fleet_view import FleetView, TenantLine
from infra.cli.interruptions import interruptions
from infra.cli.places import Stack
from infra.cli.pulumi import Pulumi
from infra.cli.stack_lock import held
from infra.errors import InfraError

T = TypeVar("T")

_LOOK = 0.5
"""Seconds after which an interrupt is noticed at the latest."""

WAVE = 5
"""Tenants of a wave after the canaries, for each that is worked on at a time."""


@dataclass
class Fleet:
    """One command over the stacks of `state.order`; `parallel` tenants at a time."""

    pulumi: Pulumi
    stacks: dict[str, Stack]
    state: FleetState
    options: FleetOptions = field(default_factory=FleetOptions)
    parallel: int = 2
    max_failures: int = 1
    view: FleetView = field(default_factory=lambda: FleetView(0))
    health: fleet_health.Check = fleet_health.check

    def __post_init__(self) -> None:
        self.known: set[str] = set()
        self._interrupted: Sized = ()

    def run(self) -> list[TenantResult]:
        """The result of every tenant, in order; an interrupt comes out once those under way have ended."""
        self.known = self.pulumi.known()
        self.state.save()
        with interruptions() as interrupted:
            self._interrupted = interrupted
            for wave in self._waves():
                self._wave(wave)
                if self._over():
                    break
        self._give_up_rest()
        self.view.close()
        if interrupted:
            raise KeyboardInterrupt
        return [self.state.results[name] for name in self.state.order]

    def _over(self) -> bool:
        if self._interrupted and not self.state.stopped:
            self.state.stop("interrupted")
            self.view.say("interrupted: waiting for the tenants under way; once more to leave them")
        return bool(self.state.stopped)

    # -- waves ---------------------------------------------------------------

    def _left(self) -> list[str]:
        return [name for name in self.state.order if name not in self.state.results]

    def _waves(self) -> Iterator[list[str]]:
        left = self._left()
        canaries = [name for name in left if name in self.state.canaries]
        yield from self._apart(canaries, len(canaries))
        yield from self._apart([name for name in left if name not in canaries], WAVE * self.parallel)

    def _apart(self, names: list[str], most: int) -> Iterator[list[str]]:
        """Waves in which no stack reads another: a second site's is never in one with its first's."""
        for _, group in groupby(names, key=lambda name: self.stacks[name].turn):
            while wave := list(islice(group, most)):
                yield wave

    def _wave(self, names: list[str]) -> None:
        """Work through the wave, then ask the endpoints of what it changed."""
        self._side_by_side(names, self._work, self._note)
        if self.state.verb == "up":
            changed = [name for name in names if self._status(name) == DONE]
            self._side_by_side(self._to_ask(changed), self._ask, self._ill)

    def _status(self, name: str) -> str:
        found = self.state.results.get(name)
        return found.status if found else ""

    def _side_by_side(self, names: list[str], work: Callable[[str], T], then: Callable[[T], None]) -> None:
        """At most `parallel` at a time, none more once the fleet has stopped; those under way always end."""
        waiting = iter(names)
        running: set[Future[T]] = set()
        with ThreadPoolExecutor(self.parallel) as pool:
            while True:
                room = 0 if self._over() else self.parallel - len(running)
                running |= {pool.submit(work, name) for name in islice(waiting, room)}
                if not running:
                    return
                ended, running = wait(running, _LOOK, FIRST_COMPLETED)
                for each in ended:
                    then(each.result())

    # -- a tenant ------------------------------------------------------------

    def _work(self, name: str) -> TenantResult:
        stack = self.stacks[name]
        line = TenantLine(
            view=self.view, tenant=tenant(stack).tenant, stopped=lambda: bool(self._interrupted)
        )
        line.step(name, "waiting for the engine", 0)
        act = ACTS[self.state.verb]
        begun = time.monotonic()
        try:
            with held(self.pulumi.home, name, f"fleet {self.state.verb}"):
                changes = act(self.pulumi, stack, name in self.known, self.options, line)
            status, reason = (DONE if changes else UNCHANGED), ""
        except (CliError, InfraError, OSError) as error:
            changes, status, reason = {}, FAILED, str(error)
        seconds = round(time.monotonic() - begun, 1)
        return TenantResult(tenant(stack).tenant, name, status, seconds, changes, reason)

    def _note(self, result: TenantResult) -> None:
        self.state.record(result)
        self.view.end(result)
        if result.status == FAILED:
            self._judge(result)

    def _judge(self, result: TenantResult) -> None:
        if result.stack in self.state.canaries:
            self.state.stop(f"canary {result.tenant} failed")
        failed = sum(each.status == FAILED for each in self.state.results.values())
        if failed >= self.max_failures:
            self.state.stop(f"{failed} failed, as many as --max-failures allows")

    # -- health --------------------------------------------------------------

    def _to_ask(self, names: list[str]) -> list[str]:
        """Canaries and what runs always, and one of the wave's services that are scaled to zero.

        A standby is not asked: its host points to the site that serves.
        Asking starts such a service; that the others' can start, Cloud Run has seen when it deployed them.
        """
        names = [name for name in names if tenant(self.stacks[name]).active]
        always = [name for name in names if name in self.state.canaries or _warm(self.stacks[name])]
        return always + [name for name in names if name not in always][:1]

    def _ask(self, name: str) -> tuple[str, str]:
        self.view.step(self.state.results[name].tenant, f"{name}: asking its endpoint")
        try:
            return name, self.health(self.pulumi.outputs(name))
        except CliError as error:
            return name, str(error)

    def _ill(self, found: tuple[str, str]) -> None:
        name, wrong = found
        if wrong:
            ill = replace(self.state.results[name], status=FAILED, reason=f"not healthy: {wrong}")
            self.state.record(ill)
            self.view.say(f"{ill.tenant}: {ill.reason}")
            self._judge(ill)

    def _give_up_rest(self) -> None:
        for name in self._left():
            given_up = TenantResult(
                tenant(self.stacks[name]).tenant, name, SKIPPED, reason=self.state.stopped or "not reached"
            )
            self.state.record(given_up)


def _warm(stack: Stack) -> bool:
    """Whether an instance of the tenant's service always runs."""
    return tenant(stack).min_instances > 0


def order(stacks: list[Stack], canary: int, verb: str = "up") -> tuple[list[str], list[str]]:
    """All names, and those of the canaries: the first in the order of their names.

    First sites come before second ones, and go after them where all is destroyed.
    """
    turns = sorted(stacks, key=lambda stack: stack.turn, reverse=verb == "destroy")
    names = [stack.name for stack in turns]
    return names, names[:canary]
