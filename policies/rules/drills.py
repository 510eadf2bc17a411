"""Recovery is proved, not promised: a drill no older than 90 days that met its objectives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from policies.context import Drill
from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.controls import CONTINGENCY
from policies.stack import ROOT, Stack

_LONGEST = timedelta(days=90)


def _case(*drills: Drill) -> Case:
    settings = {"jurisdiction": "eu", "profile": "saas", "kind": "tenant", "drills": drills}
    return Case((Given(ROOT, {}, "stack"),), settings)


def _drill(on: date) -> Drill:
    return Drill("tenant-pitr", "case", on, "passed", rpo=0, rto=4, rpo_objective=1, rto_objective=60)


@rule(
    id="recovery-drilled",
    number=77,
    title="A recovery drill of the last 90 days met its objectives",
    remedy="Run `python -m runbooks drill` on the stack, and judge it with --drills.",
    severity="high",
    types=(ROOT,),
    controls=CONTINGENCY,
    fails=_case(_drill(date.today() - timedelta(days=91))),
    passes=_case(_drill(date.today())),
)
def recovery_drilled(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if stack.context.kind not in (None, "tenant"):
        raise NotApplicable("drills recover tenants; this stack is none")
    if stack.context.drills is None:
        raise UnknownValue("", "no drill packs were given to judge by (--drills)")
    own = [drill for drill in stack.context.drills if drill.stack == stack.name]
    if not own:
        yield Problem("drills", None)
        return
    last = max(own, key=lambda drill: drill.on)
    if not stack.context.today - _LONGEST <= last.on <= stack.context.today:
        yield Problem(f"drill {last.name}", last.on.isoformat())
    if last.verdict != "passed":
        yield Problem(f"drill {last.name} verdict", last.verdict)
    for name, measured, objective in (
        ("rpo", last.rpo, last.rpo_objective),
        ("rto", last.rto, last.rto_objective),
    ):
        if measured is None or objective is None or measured > objective:
            yield Problem(f"drill {last.name} {name}", measured)
