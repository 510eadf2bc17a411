"""The waivers that were in force in a period: of the file as it is, and as it was by git's history."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from policies.errors import WaiverError
from policies.evidence.period import Period
from policies.result import Finding
from policies.waivers import Waiver, parse, read


@dataclass(frozen=True)
class InForce:
    """One waiver, with the days on which it counted; `since` is None where there is no history."""

    waiver: Waiver
    since: date | None
    until: date
    removed: bool = False

    def counts_on(self, day: date) -> bool:
        """Whether it is there on a day that is its last or an earlier one."""
        return not self.removed and self.until >= day

    def excuses(self, finding: Finding) -> bool:
        return finding.waiver == self.waiver.note and self.waiver.covers(finding)

    def as_data(self) -> dict[str, Any]:
        told = {key: str(value) for key, value in asdict(self.waiver).items() if key not in ("entry", "file")}
        return {**told, "since": str(self.since) if self.since else None, "until": str(self.until)}


@dataclass(frozen=True)
class _Version:
    day: date | None
    entries: tuple[Waiver, ...]


def in_force(file: Path, period: Period, today: date) -> list[InForce]:
    """Each waiver that counted on at least one day of the period, up to `today`."""
    last = min(period.last, today)
    return [
        each
        for each in _spans(_versions(file, today))
        if each.until >= period.first and (each.since is None or each.since <= last)
    ]


def _spans(versions: list[_Version]) -> list[InForce]:
    found: dict[Waiver, InForce] = {}
    for version, following in zip(versions, [*versions[1:], None], strict=True):
        for waiver in version.entries:
            since = found[waiver].since if waiver in found else version.day
            ends = following.day if following else None
            until = min(waiver.expires, ends) if ends else waiver.expires
            found[waiver] = InForce(waiver, since, until, removed=ends is not None)
    return list(found.values())


def _versions(file: Path, today: date) -> list[_Version]:
    """Oldest first; the file as it lies there last, where git does not have it so."""
    committed = list(_history(file))
    if committed and not _changed(file):
        return committed
    return [*committed, _Version(today if committed else None, _entries(read(file), file.name))]


def _entries(text: str, name: str) -> tuple[Waiver, ...]:
    return tuple(replace(waiver, entry="", file="") for waiver in parse(text, name))


def _changed(file: Path) -> bool:
    """Whether the file differs from what git has last."""
    return bool(_git(file, "status", "--porcelain", "--", file.name))


def _history(file: Path) -> Iterator[_Version]:
    """The file's committed versions, oldest first; none outside a repository."""
    for line in reversed(_git(file, "log", "--format=%H %cI", "--", file.name).splitlines()):
        commit, _, stamp = line.partition(" ")
        text = _git(file, "show", f"{commit}:./{file.name}")
        try:
            entries = _entries(text, f"{file.name} at {commit[:12]}")
        except WaiverError:
            continue  # a version that no build accepted waived nothing
        yield _Version(datetime.fromisoformat(stamp).astimezone(UTC).date(), entries)


def _git(file: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=file.parent, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return "" if done.returncode else done.stdout
