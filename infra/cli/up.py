"""`up`, `preview`, `refresh`: previews with policies come first, always."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from infra.cli import live, offboard_guard, recovery
from infra.cli.errors import AlreadyThere, EngineFailed
from infra.cli.events import described
from infra.cli.places import Stack
from infra.cli.progress import Progress
from infra.cli.pulumi import POLICIES, Pulumi
from infra.cli.stack_lock import held


@dataclass(frozen=True)
class Result:
    """What became of one stack: operations by name, empty when there was nothing to change."""

    stack: str
    changes: dict[str, int]
    seconds: float


def bring_up(pulumi: Pulumi, stacks: list[Stack], parallel: int) -> list[Result]:
    """Preview under the policies, then update what the preview found."""
    return _in_order(pulumi, stacks, parallel, "up", _up)


def preview(pulumi: Pulumi, stacks: list[Stack], parallel: int) -> list[Result]:
    return _in_order(pulumi, stacks, parallel, "preview", _preview)


def refresh(pulumi: Pulumi, stacks: list[Stack], parallel: int) -> list[Result]:
    """Read everything back; a difference is drift."""
    return _in_order(pulumi, stacks, parallel, "refresh", _refresh)


_Act = Callable[[Pulumi, Stack, Progress], dict[str, int]]


def _in_order(pulumi: Pulumi, stacks: list[Stack], parallel: int, verb: str, act: _Act) -> list[Result]:
    """One turn after the other; stacks of a turn know nothing of each other and go side by side."""
    known, left = pulumi.known(), threading.Event()
    results: list[Result] = []
    for _, group in groupby(stacks, key=lambda stack: stack.turn):
        with ThreadPoolExecutor(max_workers=parallel) as pool:
            waiting = [
                pool.submit(_one, pulumi, stack, stack.name in known, verb, act, left.is_set)
                for stack in group
            ]
            with leaving(left):
                results += [each.result() for each in waiting]
    return results


@contextmanager
def leaving(left: threading.Event) -> Iterator[None]:
    """Tell those who only wait that nobody waits for them any more."""
    try:
        yield
    except BaseException:
        left.set()
        raise


def _one(
    pulumi: Pulumi, stack: Stack, known: bool, verb: str, act: _Act, stopped: Callable[[], bool]
) -> Result:
    """One stack's turn, which nobody else may have meanwhile."""
    progress = Progress(stopped=stopped)
    with held(pulumi.home, stack.name, verb):
        if verb == "up":
            offboard_guard.check(pulumi, stack, progress)
        prepare(pulumi, stack, known, progress)
        changes = act(pulumi, stack, progress)
    seconds = progress.elapsed()
    progress.say(f"{stack.name}: {described(changes)} ({seconds:.1f} s)")
    return Result(stack.name, changes, round(seconds, 1))


def prepare(pulumi: Pulumi, stack: Stack, known: bool, progress: Progress) -> None:
    """A stack as the engine can take it up: made, or settled and found to be where its file says."""
    if not known:
        try:
            pulumi.ask("stack", "init", "--stack", stack.name, "--no-select")
            return
        except AlreadyThere:
            progress.say(f"{stack.name}: made by another command meanwhile")
    live.check(stack, recovery.settle(pulumi, stack.name, progress))


def _preview(pulumi: Pulumi, stack: Stack, progress: Progress) -> dict[str, int]:
    outcome = pulumi.run(
        "preview", stack.name, "--policy-pack", POLICIES, what="previewing", progress=progress
    )
    return outcome.differences


def _up(pulumi: Pulumi, stack: Stack, progress: Progress) -> dict[str, int]:
    planned = _preview(pulumi, stack, progress)
    return update(pulumi, stack.name, progress) if planned else {}


def update(pulumi: Pulumi, stack: str, progress: Progress, *options: str) -> dict[str, int]:
    """Update after a preview; what ended without an answer is remembered."""
    flags = ("--yes", "--skip-preview", "--policy-pack", POLICIES, *options)
    outcome = pulumi.attempt("up", stack, *flags, what="updating", progress=progress)
    if outcome.errors or outcome.violations:
        recovery.remember(pulumi, stack, outcome)
        raise EngineFailed(stack, "up", outcome.violations + outcome.errors, pulumi.log(stack))
    return outcome.differences


def _refresh(pulumi: Pulumi, stack: Stack, progress: Progress) -> dict[str, int]:
    outcome = pulumi.run(
        "refresh", stack.name, "--yes", "--skip-preview", what="reading back", progress=progress
    )
    return outcome.differences
