"""Reports and drill packs that lie in folders: read, checked, and taken where they are of the period."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evidence import manifest
from evidence.text import visible
from policies import clock, jsonfile
from policies import drills as packs
from policies.drills import FoundDrill
from policies.errors import PolicyError
from policies.evidence.period import Period, moment_of
from policies.result import Finding, Judged, Report, Verdict

REPORT = "report.json"


@dataclass(frozen=True)
class FoundReport:
    """One report, and the files that belong to it, under `folder`; `signed_by` as with a drill."""

    report: Report
    folder: Path
    files: tuple[Path, ...]
    signed_by: str = ""

    @property
    def file(self) -> Path:
        return self.folder / REPORT


@dataclass(frozen=True)
class LeftOut:
    """Something that was found and is not of the period."""

    what: str
    why: str


def reports(folder: Path, period: Period) -> Iterator[FoundReport | LeftOut]:
    """Every `report.json` under a folder, oldest first."""
    found = [_report(file) for file in packs.under(_folder(folder, "--reports"), REPORT)]
    if not found:
        raise PolicyError(f"--reports: {folder} holds no {REPORT}")
    for moment, each in sorted(((_judged(each), each) for each in found), key=lambda pair: pair[0]):
        day = moment.date()
        yield each if period.holds(day) else LeftOut(str(each.file), f"judged on {day}")


def _judged(found: FoundReport) -> datetime:
    stamp = found.report.judged_at
    moment, file = moment_of(stamp), visible(str(found.file))
    if moment is None:
        raise PolicyError(f"{file}: judged_at: {stamp!a} is no time")
    if moment > clock.now():
        raise PolicyError(f"{file}: judged_at: {stamp!a} is in the future")
    return moment


def _report(file: Path) -> FoundReport:
    try:
        report = _read(jsonfile.read(file))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PolicyError(f"{file}: is no report ({error!r})") from error
    if not os.path.lexists(file.parent / manifest.NAME):
        return FoundReport(report, file.parent, (file, *_beside(file)))
    signed_by = packs.holds(file.parent)
    files = (path for path in sorted(file.parent.rglob("*")) if path.is_file())
    return FoundReport(report, file.parent, tuple(files), signed_by)


def _beside(file: Path) -> Iterator[Path]:
    """The same report in other formats, where no manifest says what belongs to it."""
    for each in sorted(file.parent.glob("report.*")):
        if each != file and each.is_file() and not each.is_symlink():
            yield each


def _read(told: Mapping[str, Any]) -> Report:
    """A report of this or an earlier version of the pack: what the index needs of it."""
    stacks = tuple(
        Judged(
            str(each["stack"]),
            str(each["profile"]),
            str(each["jurisdiction"]),
            each.get("kind"),
            str(each["state_sha256"]),
            int(each["resources"]),
        )
        for each in told["stacks"]
    )
    findings = tuple(
        Finding(
            str(each["rule"]),
            str(each["urn"]),
            str(each["resource"]),
            Verdict(each["verdict"]),
            str(each["message"]),
            waiver=str(each.get("waiver", "")),
            stack=str(each.get("stack", "")),
        )
        for each in told["findings"]
    )
    return Report(stacks, str(told["judged_at"]), str(told["commit"]), str(told["pack_version"]), findings)


def drills(folder: Path, period: Period) -> Iterator[FoundDrill | LeftOut]:
    """Every drill pack under a folder, oldest first; one that does not hold is refused."""
    found = [(_started(each), each) for each in packs.read(folder)]
    for moment, each in sorted(found, key=lambda pair: pair[0]):
        day = moment.date()
        yield each if period.holds(day) else LeftOut(str(each.folder), f"started on {day}")


def _started(found: FoundDrill) -> datetime:
    if (moment := moment_of(found.started)) is None:
        file = visible(str(found.folder / packs.PACK))
        raise PolicyError(f"{file}: started: {found.started!a} is no time")
    return moment


def _folder(folder: Path, option: str) -> Path:
    if not folder.is_dir():
        raise PolicyError(f"{option}: {folder} is no folder")
    return folder


def latest(reports: Iterable[tuple[Report, str]]) -> tuple[Report, ...]:
    """Of the reports about the same stacks the last; an unsigned one never replaces a signed one."""
    last: dict[tuple[str, ...], tuple[tuple[bool, datetime], Report]] = {}
    for report, signed_by in reports:
        about = tuple(sorted(judged.stack for judged in report.stacks))
        moment = moment_of(report.judged_at) or datetime.min.replace(tzinfo=UTC)
        rank = (bool(signed_by), moment)
        if about not in last or rank >= last[about][0]:
            last[about] = (rank, report)
    return tuple(report for _, report in last.values())
