"""Making the pack: into a folder beside the target, searched, signed, and only then put in its place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence import manifest, signature
from evidence.errors import EvidenceError
from evidence.signature import Signer
from policies import clock
from policies.coverage import coverage
from policies.drills import FoundDrill
from policies.errors import PolicyError
from policies.evidence import access, index, page, secrets
from policies.evidence.found import FoundReport, LeftOut
from policies.evidence.index import Contents
from policies.evidence.period import Period, moment_of
from policies.evidence.waived import InForce
from policies.framework import Framework
from policies.progress import Progress
from policies.report import draft
from policies.report.files import write
from policies.report.text import encodable, visible
from policies.result import Report
from policies.state import State

SUBJECT = "evidence of a period"


@dataclass(frozen=True)
class Ingredients:
    """What goes into a pack. `made` is the report on `states`, None where there are none."""

    period: Period
    reports: Sequence[FoundReport] = ()
    made: Report | None = None
    states: Sequence[State] = ()
    drills: Sequence[FoundDrill] = ()
    waivers: Sequence[InForce] = ()
    left_out: Sequence[LeftOut] = ()
    secrets: Collection[str] = ()
    canaries: Iterable[str] = ()


def refuse_target(out: Path, period: Period) -> None:
    """A target must be new, empty, or an earlier pack of the same period and nothing beside it."""
    name = visible(str(out))
    if out.is_symlink():
        raise PolicyError(f"--out: {name} is a link; name the folder itself")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    other = f"--out: {name} holds something else than a pack of {period.name}; name a new folder"
    try:
        told = manifest.read(out)
        foreign = sorted(set(manifest.names(out)) - set(told["files"]))
    except EvidenceError as error:
        raise PolicyError(other) from error
    if told.get("subject") != _subject(period):
        raise PolicyError(other)
    if foreign:
        raise PolicyError(f"--out: {name} holds {visible(foreign[0])}, no file of the pack; move it away")


def _subject(period: Period) -> dict[str, str]:
    return {"pack": SUBJECT, "period": period.name}


def make(
    out: Path, given: Ingredients, frameworks: Sequence[Framework], signer: Signer | None, tell: Progress
) -> dict[str, object]:
    """Write the pack and return its index; where anything is refused, `out` stays as it was."""
    refuse_target(out, given.period)
    out = out.resolve()
    try:
        with draft.beside(out) as made:
            told = _fill(made, given, frameworks, signer, tell)
            tell("searching for secrets and canaries")
            secrets.refuse(made, given.secrets, given.canaries)
            _seal(made, given, signer, tell)
            refuse_target(out, given.period)
            _replace(made, out)
    except EvidenceError as error:
        raise PolicyError(f"evidence: {error}; nothing was kept") from error
    return told


def _fill(
    made: Path, given: Ingredients, frameworks: Sequence[Framework], signer: Signer | None, tell: Progress
) -> dict[str, object]:
    now = clock.now()
    tell("writing reports")
    copied = dict(_copied(made, given.reports))
    reports = {folder: each.report for folder, each in copied.items()}
    signed = {folder: each.signed_by for folder, each in copied.items()}
    if given.made:
        folder = _made(made, given.made, frameworks, signer, tell)
        reports[folder], signed[folder] = given.made, signer.key if signer else ""
    drills = dict(_drills(made, given.drills))
    _write(made / index.WAIVERS, json.dumps([each.as_data() for each in given.waivers], indent=2) + "\n")
    contents = Contents(
        given.period, now.isoformat(timespec="seconds"), given.period.over(now.date()), reports, drills,
        given.waivers, _access(made, given.states), given.left_out, signed,
    )  # fmt: skip
    told = index.document(contents, frameworks)
    _write(made / "index.json", json.dumps(told, indent=1) + "\n")
    _write(made / "index.html", page.render(told))
    return told


def _copied(made: Path, found: Iterable[FoundReport]) -> Iterable[tuple[str, FoundReport]]:
    for each in found:
        folder = _new(
            made, "reports", each.report.judged_at, *(judged.stack for judged in each.report.stacks)
        )
        for file in each.files:
            target = made / folder / file.relative_to(each.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        yield folder, each


def _made(
    made: Path, report: Report, frameworks: Sequence[Framework], signer: Signer | None, tell: Progress
) -> str:
    folder = _new(made, "reports", report.judged_at, *(judged.stack for judged in report.stacks))
    write(report, coverage(report, frameworks), made / folder, signer=signer, tell=tell)
    return folder


def _drills(made: Path, found: Iterable[FoundDrill]) -> Iterable[tuple[str, FoundDrill]]:
    for each in found:
        folder = _new(made, "drills", each.started, each.name, each.stack)
        shutil.copytree(each.folder, made / folder, dirs_exist_ok=True)
        yield folder, each


def _access(made: Path, states: Sequence[State]) -> int | None:
    if not states:
        return None
    grants = access.review(states)
    _write(made / "access" / "access.csv", access.as_csv(grants))
    _write(made / "access" / "access.json", access.as_json(grants))
    return len(grants)


def _new(made: Path, kind: str, stamp: str, *names: str) -> str:
    """A folder of its own, by time and names: `reports/20261125T1430-local-cell`."""
    moment = f"{moment_of(stamp):%Y%m%dT%H%M%S}"
    words = "-".join(names)[:60].rstrip("-")
    base = f"{moment}-{''.join(c if c.isascii() and (c.isalnum() or c in '-_') else '_' for c in words)}"
    taken = {path.name for path in (made / kind).glob("*")}
    name = next(n for n in (base, *(f"{base}-{i}" for i in range(2, len(taken) + 3))) if n not in taken)
    (made / kind / name).mkdir(parents=True)
    return f"{kind}/{name}"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encodable(text).encode())


def _seal(made: Path, given: Ingredients, signer: Signer | None, tell: Progress) -> None:
    if signer:
        tell(f"signing with {signer.key}")
    signature.seal(made, _subject(given.period), signer)
    signature.verified(made, signer.public_pem if signer else None)


def _replace(made: Path, out: Path) -> None:
    """The old pack goes only once the new one is in its place."""
    if not out.exists():
        made.rename(out)
        return
    with draft.beside(out) as old:
        out.rename(old)
        try:
            made.rename(out)
        except BaseException:
            old.rename(out)
            raise
