"""`verify` and `report`: check a pack offline; make one anew with a review and what is to be mended."""

from __future__ import annotations

import argparse
from pathlib import Path

from evidence import publickey
from evidence.errors import KeyFileError
from runbooks import home
from runbooks.cli.common import Commands, command, dump, number
from runbooks.cli.sealing import canaries, options
from runbooks.drill import journal
from runbooks.errors import PreconditionError
from runbooks.pack import document, review
from runbooks.pack.verify import verify
from runbooks.target import Engine


def add(commands: Commands) -> None:
    check = command(commands, "verify", "check a pack offline: every file, the signature, the story it tells")
    check.add_argument("pack", help="a pack's folder, or a run's id")
    check.add_argument("--key", type=Path, metavar="PEM", help="public key that must have signed")
    check.add_argument("--max-age", type=int, metavar="DAYS", help="refuse a drill that is older")
    report = command(commands, "report", "make a run's pack anew, with its review and corrective actions")
    report.add_argument("run", help="the run's id, or its folder")
    report.add_argument(
        "--reviewer", metavar="NAME", help="who signs the run off; nobody who took part in it"
    )
    report.add_argument("--decision", choices=review.DECISIONS, default="accepted")
    report.add_argument("--note", default="", help="what the reviewer says")
    report.add_argument(
        "--corrective", action="append", default=[], metavar="WHAT|OWNER|DATE", help="to be mended"
    )
    options(report)


def run_verify(given: argparse.Namespace, engine: Engine) -> int:
    if given.max_age is not None and given.max_age < 0:
        raise PreconditionError(f"--max-age: {given.max_age} is no number of days")
    folder = home.find(given.pack)
    try:
        pem = publickey.read(given.key) if given.key else None
    except KeyFileError as error:
        raise PreconditionError(str(error)) from error
    pack = verify(folder, pem, given.max_age)
    if given.json:
        dump({"holds": True, **pack})
        return 0
    trust = "the given key" if pem else "the key inside the pack: whole, but no proof of who made it"
    rpo, rto = (number(pack["measured"].get(name)) for name in ("rpo_seconds", "rto_seconds"))
    print(
        f"holds; {pack['drill']} on {pack['stack']}, {pack['date']}: {pack['verdict']} "
        f"(RPO {rpo}, RTO {rto}); signed by {trust}"
    )
    return 0


def run_report(given: argparse.Namespace, engine: Engine) -> int:
    from runbooks.pack import build

    folder = home.find(given.run).resolve()
    run = journal.read(folder)
    people = None
    if given.reviewer is not None or given.corrective:
        people = _people(given, folder, run)
    elif given.note:
        raise PreconditionError("--note: is the reviewer's; name one by --reviewer")
    key = None if given.unsigned else engine.key(str(run["stack"]), given.sign)
    pack = build.seal(folder, key, canaries(given.canaries), people)
    if given.json:
        dump(pack)
    else:
        signed = f"signed by {key.signer.key}" if key else "not signed"
        print(f"{pack['drill']} on {pack['stack']}: {pack['verdict']}; {folder / 'report.html'}, {signed}")
    return 0


def _people(given: argparse.Namespace, folder: Path, run: journal.Document) -> review.Review:
    """What is new, beside what the pack already says."""
    made = review.reviewed(given.reviewer, given.decision, given.note, given.corrective, run)
    if not (folder / document.NAME).exists():
        return made
    before = review.told(document.read(folder))
    signed = made if made.by else before
    actions = tuple(dict.fromkeys((*before.actions, *made.actions)))
    return review.Review(signed.by, signed.decision, signed.note, signed.on, actions)
