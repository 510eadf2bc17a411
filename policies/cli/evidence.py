"""`evidence`: one period's reports, waivers, drills and access review in one signed pack."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policies.cli.common import Commands
from policies.drills import FoundDrill
from policies.errors import PolicyError

if TYPE_CHECKING:
    from evidence.signature import Signer
    from policies.evidence.pack import Ingredients
    from policies.progress import Progress
    from policies.state import State


def add(commands: Commands) -> argparse.ArgumentParser:
    words = "bundle a period's evidence and sign it; check it with: python -m evidence verify DIR"
    evidence = commands.add_parser("evidence", help=words)
    evidence.add_argument("--period", required=True, help="a quarter (2026-Q4), a month (2026-11) or a year")
    evidence.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="new, or a pack of the period"
    )
    evidence.add_argument("--reports", type=Path, metavar="DIR", help="take every report.json under it")
    evidence.add_argument(
        "--state", nargs="+", type=Path, default=[], help="judge these now, and review their access"
    )
    evidence.add_argument("--drills", type=Path, metavar="DIR", help="take every drill pack under it")
    evidence.add_argument("--waivers", type=Path, help="instead of policies/waivers.yaml")
    evidence.add_argument("--canaries", type=Path, metavar="FILE", help="values, one a line, not to be found")
    evidence.add_argument("--profile", help="instead of what the stacks' outputs name")
    evidence.add_argument("--jurisdiction", help="instead of what the stacks' outputs name")
    key = evidence.add_mutually_exclusive_group()
    key.add_argument("--sign", metavar="KEY", help="Cloud KMS key; default: the cell's `evidence` key")
    key.add_argument("--unsigned", action="store_true", help="a manifest, no signature")
    evidence.add_argument("--json", action="store_true", help="print the index")
    return evidence


def run(given: argparse.Namespace) -> int:
    from policies.evidence import pack, period
    from policies.framework import load_all
    from policies.progress import Progress

    about, tell = period.parse(given.period), Progress()
    for option, folder in (("--reports", given.reports), ("--drills", given.drills)):
        if folder and given.out.resolve().is_relative_to(folder.resolve()):
            raise PolicyError(f"--out: {given.out} lies inside {option} {folder}")
    pack.refuse_target(given.out, about)
    ingredients = _ingredients(given, about, tell)
    signer = None if given.unsigned else _signer(given, ingredients.states)
    index = pack.make(given.out, ingredients, load_all(), signer, tell)
    print(json.dumps(index, indent=2) if given.json else _said(given.out, index, signer))
    return 0


def _ingredients(given: argparse.Namespace, about: Any, tell: Progress) -> Ingredients:
    from policies import clock, waivers
    from policies.evidence import found, secrets, waived
    from policies.evidence.pack import Ingredients

    file = given.waivers or waivers.DEFAULT_FILE
    today = clock.today(file)
    if about.first > today:
        raise PolicyError(f"--period: {about.name} begins on {about.first}; today is {today}")
    if not (given.reports or given.state):
        raise PolicyError("--reports, --state: one of them is needed; a pack without a report shows nothing")
    if given.state and not about.holds(today):
        raise PolicyError(f"--state: a report made today is not of {about.name}; give --reports of that time")
    tell("reading reports and drills")
    reports = list(found.reports(given.reports, about)) if given.reports else []
    drills = list(found.drills(given.drills, about)) if given.drills else []
    states, hidden = _states(given.state, secrets.of_state, tell)
    return Ingredients(
        about,
        [each for each in reports if isinstance(each, found.FoundReport)],
        _judged(given, states, file, tell) if states else None,
        states,
        [each for each in drills if isinstance(each, FoundDrill)],
        waived.in_force(file, about, today),
        [each for each in (*reports, *drills) if isinstance(each, found.LeftOut)],
        hidden,
        _canaries(given.canaries),
    )


def _states(files: Sequence[Path], of_state: Any, tell: Progress) -> tuple[list[State], set[str]]:
    from policies.state import read_file

    states, hidden = [], set()
    for file in files:
        tell(f"reading {file}")
        states.append(read_file(file))
        hidden |= of_state(file.read_bytes())
    return states, hidden


def _judged(given: argparse.Namespace, states: Sequence[State], file: Path, tell: Progress) -> Any:
    from policies.cli.report import make_report, read_waivers

    tell(f"judging {len(states)} stacks")
    in_force, named = read_waivers(file)
    return make_report(states, in_force, given.profile, given.jurisdiction, waivers_file=named)


def _canaries(file: Path | None) -> list[str]:
    from evidence.redaction import read_canaries

    try:
        return read_canaries(file)
    except ValueError as error:
        raise PolicyError(str(error)) from error


def _signer(given: argparse.Namespace, states: Sequence[State]) -> Signer:
    from policies import signing

    key = given.sign or next(filter(None, (s.outputs.at("keys.evidence") for s in states)), None)
    if not key:
        raise PolicyError("--sign: name the Cloud KMS key that signs, or say --unsigned")
    return signing.signer(str(key), signing.address(state.stack for state in states))


def _said(out: Path, index: dict[str, Any], signer: Signer | None) -> str:
    from evidence.text import visible
    from policies.evidence.index import waivers_said

    access = index["access"]
    facts = [
        _count(len(index["reports"]), "report"), _count(len(index["drills"]), "drill"),
        f"waivers: {waivers_said(index)}",
        f"{_count(access['grants'], 'grant')} reviewed" if access else "no access review",
        f"{len(index['left_out'])} left out", f"signed by {signer.key}" if signer else "not signed",
    ]  # fmt: skip
    note = "" if index["complete"] else " (preliminary: the period is not over)"
    verify = f"\nverify: python -m evidence verify {visible(str(out))}" if signer else ""
    page = visible(str(out / "index.html"))
    return f"{index['period']['name']}{note}: {'; '.join(facts)}; {page}{verify}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
