"""Making a pack of a run: documents, plots, reports; searched for canaries; hashed; signed."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from evidence import manifest, signature
from evidence.redaction import refuse_canaries
from runbooks import home
from runbooks.drill import journal
from runbooks.errors import JournalError
from runbooks.pack import content, document, page, pdf, review, samples
from runbooks.pack.document import KEY
from runbooks.pack.plot import Plot
from runbooks.target import Key

DRILL = "drill.json"
PLOTS = ("throughput", "latency")
MADE = (
    document.NAME, KEY, DRILL, "report.html", "report.pdf", manifest.NAME, manifest.SIGNATURE,
    *(f"{name}.{kind}" for name in PLOTS for kind in ("svg", "png")),
)  # fmt: skip
"""What a pack is made of beside the journal and the writer's log; made anew each time."""


def seal(
    folder: Path, key: Key | None, canaries: Sequence[str] = (), given: review.Review | None = None
) -> dict[str, Any]:
    """Make the pack in the run's own folder and return its `pack.json`; an earlier review is kept."""
    run = journal.read(folder)
    if not run["ended"]:
        raise JournalError(
            f"run {run['run']}: has not ended; `python -m runbooks resume {run['run']}` ends it"
        )
    people = given or _kept(folder)
    for name in MADE:
        (folder / name).unlink(missing_ok=True)
    journal.write_document(folder, run)
    pack = _write(folder, run, people, key)
    forms = [form for value in (*canaries, *home.canaries(run["run"])) for form in _forms(value)]
    refuse_canaries(folder, forms)
    subject = {
        "drill": pack["drill"], "run": pack["run"], "stack": pack["stack"], "date": pack["date"],
        "verdict": pack["verdict"], "measured": pack["measured"], "objectives": pack["objectives"],
    }  # fmt: skip
    signature.seal(folder, subject, key.signer if key else None)
    return pack


def _kept(folder: Path) -> review.Review:
    if not (folder / document.NAME).exists():
        return review.Review()
    return review.told(document.read(folder))


def _write(folder: Path, run: dict[str, Any], people: review.Review, key: Key | None) -> dict[str, Any]:
    seen = samples.read(folder, run)
    pack = document.make(run, people, seen)
    _json(folder / document.NAME, pack)
    _json(folder / DRILL, run["drill"])
    if key:
        _json(folder / KEY, dict(key.about))
    plots = list(_plots(seen))
    for name, plot in zip(PLOTS, plots, strict=False):
        (folder / f"{name}.svg").write_text(plot.svg())
        (folder / f"{name}.png").write_bytes(plot.png())
    parts, title = list(content.sections(pack, run)), content.title(pack)
    legend, closing = content.legend(seen.marks), _closing(key)
    drawn = [plot.svg() for plot in plots]
    (folder / "report.html").write_text(
        page.html(title, pack["verdict"], parts, drawn, legend, closing), errors="backslashreplace"
    )
    when = datetime.fromisoformat(run["ended"])
    pngs = [plot.png() for plot in plots]
    (folder / "report.pdf").write_bytes(pdf.pdf(title, parts, pngs, legend, closing, when))
    return pack


def _json(path: Path, told: Any) -> None:
    path.write_text(json.dumps(told, indent=2) + "\n")


def _plots(seen: samples.Samples) -> Iterator[Plot]:
    if seen.latency:
        yield Plot("Acknowledged writes", "writes per second", seen.throughput, seen.marks)
        yield Plot("Latency of acknowledged writes", "milliseconds", seen.latency, seen.marks, line=False)


def _closing(key: Key | None) -> str:
    if not key:
        return "This pack is not signed; it proves nothing to anybody else."
    level = key.about.get("protection_level") or "not stated"
    attested = "with" if key.about.get("attestation") else "without"
    return (
        f"Signed by {key.signer.key} (protection level {level}, {attested} an attestation of Cloud KMS). "
        "Check it offline: python -m runbooks verify PACK --key KEY.pem"
    )


def _forms(canary: str) -> set[str]:
    """A value as text, JSON, HTML, URL and base64 would hold it."""
    raw = canary.encode()
    return {
        canary,
        json.dumps(canary)[1:-1],
        html.escape(canary),
        quote(canary),
        *(
            base64.b64encode(b"x" * shift + raw)[4 * (shift > 0) : -4].decode()
            for shift in range(3)
            if len(raw) > 8
        ),
    } - {""}
