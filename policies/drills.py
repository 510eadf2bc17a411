"""Drill packs as `runbooks` leaves them (`runbooks/pack/pack.schema.json`): read only where they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from evidence import manifest, signature
from evidence.errors import EvidenceError
from policies import jsonfile
from policies.context import Drill
from policies.errors import PolicyError

PACK = "pack.json"
UNSIGNED = "not signed"


@dataclass(frozen=True)
class FoundDrill:
    """One drill pack that holds; `signed_by` is the key's name, "" where the pack is not signed."""

    folder: Path
    name: str
    stack: str
    started: str
    verdict: str
    measured: Mapping[str, Any]
    objectives: Mapping[str, Any]
    signed_by: str

    def judged(self) -> Drill:
        """As check 77 judges it: what nobody signed proves nothing."""
        return Drill(
            self.name,
            self.stack,
            date.fromisoformat(self.started[:10]),
            self.verdict if self.signed_by else UNSIGNED,
            _seconds(self.measured, "rpo_seconds"),
            _seconds(self.measured, "rto_seconds"),
            _seconds(self.objectives, "rpo_seconds"),
            _seconds(self.objectives, "rto_seconds"),
        )


def _seconds(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def read(folder: Path) -> Iterator[FoundDrill]:
    """Every drill pack under a folder; raises `PolicyError` on one that does not hold."""
    if not folder.is_dir():
        raise PolicyError(f"--drills: {folder} is no folder")
    for file in under(folder, PACK):
        yield _drill(file)


def under(folder: Path, name: str) -> list[Path]:
    """Every file of a name under a folder but in hidden folders, where a run's unfinished work lies."""
    found = []
    for at, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        found += [Path(at, name)] if name in files else []
    return sorted(found)


def judged(folder: Path | None) -> tuple[Drill, ...] | None:
    """The drills under a folder for the rules; None where no folder is given."""
    return None if folder is None else tuple(each.judged() for each in read(folder))


def _drill(file: Path) -> FoundDrill:
    signed_by = holds(file.parent)
    try:
        told: dict[str, Any] = jsonfile.read(file)
        started = str(told["started"])
        date.fromisoformat(started[:10])
        return FoundDrill(
            file.parent,
            str(told["drill"]),
            str(told["stack"]),
            started,
            str(told["verdict"]),
            dict(told["measured"]),
            dict(told["objectives"]),
            signed_by,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PolicyError(f"{file}: is no drill's pack ({error!r})") from error


def holds(pack: Path) -> str:
    """Who signed a pack, "" where nobody did; raises `PolicyError` where it does not hold."""
    try:
        manifest.check(pack)
        return signature.verify(pack) if (pack / manifest.SIGNATURE).exists() else ""
    except EvidenceError as error:
        raise PolicyError(f"{pack}: does not hold: {error}") from error
