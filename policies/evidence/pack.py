"""Making the pack: into a folder beside the target, searched, signed, and only then put in its place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evidence import manifest, signature
from evidence.signature import Signer
from policies import clock
from policies.coverage import coverage
from policies.drills import FoundDrill
from policies.errors import PolicyError
from policies.evidence import access, index, page, secrets
from policies.evidence.found import FoundReport, LeftOut
from policies.evidence.index import Contents
from policies.evidence.period import Period
from policies.evidence.progress import Progress
from policies.evidence.waived import InForce
from policies.framework import Framework
from policies.report.files import write
from policies.report.text import encodable
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
    """A target must be new, empty, or an earlier pack of the same period."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        subject = json.loads((out / manifest.NAME).read_bytes())["subject"]
    except (OSError, ValueError, KeyError, TypeError):
        subject = {}
    if subject != {**subject, "pack": SUBJECT, "period": period.name}:
        raise PolicyError(
            f"--out: {out} holds something else than a pack of {period.name}; name a new folder"
        )


def make(
    out: Path, given: Ingredients, frameworks: Sequence[Framework], signer: Signer | None, tell: Progress
) -> dict[str, object]:
    """Write the pack and return its index; where anything is refused, `out` stays as it was."""
    refuse_target(out, given.period)
    draft = out.parent / f".{out.name}.part"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        told = _fill(draft, given, frameworks, signer, tell)
        tell("searching for secrets and canaries")
        secrets.refuse(draft, given.secrets, given.canaries)
        _seal(draft, given, signer, tell)
        _replace(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return told


def _fill(
    draft: Path, given: Ingredients, frameworks: Sequence[Framework], signer: Signer | None, tell: Progress
) -> dict[str, object]:
    now = clock.now()
    tell("writing reports")
    copied = dict(_copied(draft, given.reports))
    reports = {folder: each.report for folder, each in copied.items()}
    signed = {folder: each.signed_by for folder, each in copied.items()}
    if given.made:
        folder = _made(draft, given.made, frameworks, signer, tell)
        reports[folder], signed[folder] = given.made, signer.key if signer else ""
    drills = dict(_drills(draft, given.drills))
    _write(draft / index.WAIVERS, json.dumps([each.as_data() for each in given.waivers], indent=2) + "\n")
    contents = Contents(
        given.period, now.isoformat(timespec="seconds"), given.period.over(now.date()), reports, drills,
        given.waivers, _access(draft, given.states), given.left_out, signed,
    )  # fmt: skip
    told = index.document(contents, frameworks)
    _write(draft / "index.json", json.dumps(told, indent=1) + "\n")
    _write(draft / "index.html", page.render(told))
    return told


def _copied(draft: Path, found: Iterable[FoundReport]) -> Iterable[tuple[str, FoundReport]]:
    for each in found:
        folder = _new(
            draft, "reports", each.report.judged_at, *(judged.stack for judged in each.report.stacks)
        )
        for file in each.files:
            target = draft / folder / file.relative_to(each.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        yield folder, each


def _made(
    draft: Path, report: Report, frameworks: Sequence[Framework], signer: Signer | None, tell: Progress
) -> str:
    folder = _new(draft, "reports", report.judged_at, *(judged.stack for judged in report.stacks))
    write(report, coverage(report, frameworks), draft / folder, signer=signer, tell=tell)
    return folder


def _drills(draft: Path, found: Iterable[FoundDrill]) -> Iterable[tuple[str, FoundDrill]]:
    for each in found:
        folder = _new(draft, "drills", each.started, each.name, each.stack)
        shutil.copytree(each.folder, draft / folder, dirs_exist_ok=True)
        yield folder, each


def _access(draft: Path, states: Sequence[State]) -> int | None:
    if not states:
        return None
    grants = access.review(states)
    _write(draft / "access" / "access.csv", access.as_csv(grants))
    _write(draft / "access" / "access.json", access.as_json(grants))
    return len(grants)


def _new(draft: Path, kind: str, stamp: str, *names: str) -> str:
    """A folder of its own, by time and names: `reports/20261125T1430-local-cell`."""
    moment = datetime.fromisoformat(stamp).strftime("%Y%m%dT%H%M%S")
    words = "-".join(names)[:60].rstrip("-")
    base = f"{moment}-{''.join(c if c.isascii() and (c.isalnum() or c in '-_') else '_' for c in words)}"
    taken = {path.name for path in (draft / kind).glob("*")}
    name = next(n for n in (base, *(f"{base}-{i}" for i in range(2, len(taken) + 3))) if n not in taken)
    (draft / kind / name).mkdir(parents=True)
    return f"{kind}/{name}"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encodable(text).encode())


def _seal(draft: Path, given: Ingredients, signer: Signer | None, tell: Progress) -> None:
    manifest.build(draft, {"pack": SUBJECT, "period": given.period.name})
    if signer is None:
        manifest.check(draft)
        return
    tell(f"signing with {signer.key}")
    signature.sign(draft, signer)
    signature.verify(draft, signer.public_pem)


def _replace(draft: Path, out: Path) -> None:
    """The old pack goes only once the new one is whole."""
    old = out.parent / f".{out.name}.old"
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    draft.rename(out)
    shutil.rmtree(old, ignore_errors=True)
