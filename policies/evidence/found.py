"""Reports and drill packs that lie in folders: read, checked, and taken where they are of the period."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence import manifest
from policies import drills as packs
from policies.drills import FoundDrill
from policies.errors import PolicyError
from policies.evidence.period import Period, day_of
from policies.result import Finding, Judged, Report, Verdict

REPORT = "report.json"


@dataclass(frozen=True)
class FoundReport:
    """One report, and the files that belong to it, under `folder`; `signed_by` as with a drill."""

    report: Report
    folder: Path
    files: tuple[Path, ...]
    signed_by: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Something that was found and is not of the period."""

    what: str
    why: str


def reports(folder: Path, period: Period) -> Iterator[FoundReport | LeftOut]:
    """Every `report.json` under a folder, oldest first."""
    found = [_report(file) for file in sorted(_folder(folder, "--reports").rglob(REPORT))]
    if not found:
        raise PolicyError(f"--reports: {folder} holds no {REPORT}")
    for each in sorted(found, key=lambda each: each.report.judged_at):
        day = day_of(each.report.judged_at)
        if day is None:
            raise PolicyError(f"{each.files[0]}: judged_at: {each.report.judged_at!r} is no time")
        yield each if period.holds(day) else LeftOut(str(each.files[0]), f"judged on {day}")


def _report(file: Path) -> FoundReport:
    try:
        told: dict[str, Any] = json.loads(file.read_text())
        report = _read(told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PolicyError(f"{file}: is no report ({error!r})") from error
    if not (file.parent / manifest.NAME).exists():
        return FoundReport(report, file.parent, (file, *_beside(file)))
    signed_by = packs.holds(file.parent)
    files = [path for path in sorted(file.parent.rglob("*")) if path.is_file()]
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
    for each in sorted(packs.read(folder), key=lambda each: each.started):
        day = day_of(each.started)
        if day is None:
            raise PolicyError(f"{each.folder / packs.PACK}: started: {each.started!r} is no time")
        yield each if period.holds(day) else LeftOut(str(each.folder), f"started on {day}")


def _folder(folder: Path, option: str) -> Path:
    if not folder.is_dir():
        raise PolicyError(f"{option}: {folder} is no folder")
    return folder


def latest(reports: Iterable[Report]) -> tuple[Report, ...]:
    """Of the reports about the same stacks, the last."""
    last: dict[tuple[str, ...], Report] = {}
    for report in reports:
        last[tuple(sorted(judged.stack for judged in report.stacks))] = report
    return tuple(last.values())
