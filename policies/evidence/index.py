"""The index of a pack: by framework and control, what shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policies.coverage import ControlCoverage, FrameworkCoverage, coverage
from policies.drills import FoundDrill
from policies.evidence.found import LeftOut, latest
from policies.evidence.period import Period
from policies.evidence.waived import InForce
from policies.framework import Framework
from policies.result import Report, Verdict

ACCESS, WAIVERS = "access/access.csv", "waivers/waivers.json"


@dataclass(frozen=True)
class Contents:
    """What is in a pack: reports, who signed each, and drills by the folder that they lie in."""

    period: Period
    made_at: str
    complete: bool
    reports: Mapping[str, Report]
    drills: Mapping[str, FoundDrill]
    waivers: Sequence[InForce]
    grants: int | None
    left_out: Sequence[LeftOut] = ()
    signed: Mapping[str, str] = field(default_factory=dict)


def document(contents: Contents, frameworks: Sequence[Framework]) -> dict[str, Any]:
    """`index.json`; its schema is `policies/evidence/index.schema.json`."""
    covered = coverage(_together(contents), frameworks)
    period = contents.period
    return {
        "version": 1,
        "period": {"name": period.name, "first": str(period.first), "last": str(period.last)},
        "made_at": contents.made_at,
        "complete": contents.complete,
        "reports": [
            _report(folder, report, contents.signed.get(folder, ""))
            for folder, report in contents.reports.items()
        ],
        "drills": [_drill(folder, drill) for folder, drill in contents.drills.items()],
        "waivers": _waivers(contents),
        "access": None if contents.grants is None else {"file": ACCESS, "grants": contents.grants},
        "left_out": [{"what": each.what, "why": each.why} for each in contents.left_out],
        "frameworks": [_framework(each, contents) for each in covered],
    }


def _waivers(contents: Contents) -> dict[str, Any]:
    """How many count on the pack's day (or the period's last), ended in the period, and excused anything."""
    day = min(contents.period.last, date.fromisoformat(contents.made_at[:10]))
    now = sum(each.counts_on(day) for each in contents.waivers)
    waived = [
        finding
        for report in contents.reports.values()
        for finding in report.findings
        if finding.verdict is Verdict.WAIVED
    ]
    return {
        "file": WAIVERS,
        "count": len(contents.waivers),
        "now": now,
        "ended": len(contents.waivers) - now,
        "used": sum(any(map(each.excuses, waived)) for each in contents.waivers),
    }


def waivers_said(index: Mapping[str, Any]) -> str:
    """The same in words."""
    told = index["waivers"]
    when = "at its end" if index["complete"] else "now"
    return f"{told['now']} {when}, {told['ended']} that ended in the period, {told['used']} used"


def _together(contents: Contents) -> Report:
    """The last report about each set of stacks, as one: a control is satisfied where it is in all of them."""
    last = latest((report, contents.signed.get(at, "")) for at, report in contents.reports.items())
    findings = tuple(finding for report in last for finding in report.findings)
    stacks = tuple(judged for report in last for judged in report.stacks)
    made = max((report.judged_at for report in last), default="")
    return Report(stacks, made, "", "", findings)


def _report(folder: str, report: Report, signed_by: str) -> dict[str, Any]:
    return {
        "folder": folder,
        "stacks": [judged.stack for judged in report.stacks],
        "judged_at": report.judged_at,
        "commit": report.commit,
        "pack_version": report.pack_version,
        "counts": report.counts(),
        "signed_by": signed_by,
    }


def _drill(folder: str, drill: FoundDrill) -> dict[str, Any]:
    return {
        "folder": folder,
        "drill": drill.name,
        "stack": drill.stack,
        "started": drill.started,
        "verdict": drill.verdict,
        "measured": dict(drill.measured),
        "signed_by": drill.signed_by,
    }


def _framework(covered: FrameworkCoverage, contents: Contents) -> dict[str, Any]:
    framework = covered.framework
    return {
        "key": framework.key,
        "title": framework.title,
        "edition": framework.edition,
        "scope": framework.scope,
        "numbers": covered.numbers(),
        "controls": [_control(each, contents) for each in covered.controls],
    }


def _control(covered: ControlCoverage, contents: Contents) -> dict[str, Any]:
    control = covered.control
    texts = {key: getattr(control, key) for key in ("artefact", "process", "reason")}
    return {
        "id": control.id,
        "title": control.title,
        "responsibility": control.responsibility.value,
        "status": covered.status.value,
        "checks": list(control.checks),
        "against": list(covered.against),
        **{key: text for key, text in texts.items() if text},
        "evidence": list(_shown(covered, contents)),
    }


def _shown(covered: ControlCoverage, contents: Contents) -> list[str]:
    """The files of the pack that show something of a control."""
    control, found = covered.control, []
    if covered.verdicts:
        found += list(contents.reports)
    if "access" in control.evidence and contents.grants is not None:
        found.append(ACCESS)
    if "drills" in control.evidence:
        found += list(contents.drills)
    if "waivers" in control.evidence or any(each.waiver.rule in control.checks for each in contents.waivers):
        found.append(WAIVERS)
    return found
