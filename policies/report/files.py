"""Which formats there are, and how a report's files come to lie in a folder: whole, listed and signed.

The folder is a pack of `evidence`: `manifest.json` holds the SHA-256 of every file and what was judged.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from evidence import manifest, signature
from evidence.errors import EvidenceError
from evidence.signature import Signer
from policies.coverage import FrameworkCoverage
from policies.errors import PolicyError
from policies.report.text import encodable
from policies.result import Report

FORMATS = {
    "html": ("html_report", "report.html"),
    "json": ("json_report", "report.json"),
    "sarif": ("sarif", "report.sarif"),
    "junit": ("junit", "report.junit.xml"),
    "markdown": ("markdown", "report.md"),
    "oscal": ("oscal", "oscal"),
}
"""By format: the module of this package that renders it (imported only then), and its file or folder."""

Tell = Callable[[str], None]


def parse_formats(text: str) -> tuple[str, ...]:
    """`html,json`; raises `PolicyError` on what is no format."""
    given = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if unknown := [each for each in given if each not in FORMATS]:
        raise PolicyError(f"--format: {unknown[0]!r} is unknown; allowed: {', '.join(FORMATS)}")
    return given


def rendered(
    report: Report, coverage: Sequence[FrameworkCoverage], formats: Sequence[str], tell: Tell
) -> Iterator[tuple[str, bytes]]:
    """Each file's path in the folder and its content."""
    for each in formats:
        module, name = FORMATS[each]
        tell(f"writing {name}")
        with _uncollected():
            made: str | dict[str, str] = import_module(f"policies.report.{module}").render(report, coverage)
        parts = {name: made} if isinstance(made, str) else {f"{name}/{file}": made[file] for file in made}
        for path, text in parts.items():
            yield path, encodable(text).encode()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for cycles: over a million new parts that are all in use takes 40% of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def subject(report: Report) -> dict[str, Any]:
    """What the manifest says that the report is about."""
    return {
        "report": "policies",
        "stacks": {encodable(judged.stack): judged.state_sha256 for judged in report.stacks},
        "profile": encodable(report.profile),
        "judged_at": report.judged_at,
        "pack_version": report.pack_version,
        "commit": report.commit,
    }


def write(
    report: Report,
    coverage: Sequence[FrameworkCoverage],
    folder: Path,
    formats: Sequence[str] = tuple(FORMATS),
    signer: Signer | None = None,
    tell: Tell = lambda doing: None,
) -> list[str]:
    """Write the formats into the folder; a report that lay there before is replaced.

    Everything is made beside the folder first. While files are replaced the folder has no manifest, so that
    a run that is cut off leaves no pack that would verify. Returns names of files that do not belong.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, content in rendered(report, coverage, formats, tell):
            (draft / name).parent.mkdir(exist_ok=True)
            (draft / name).write_bytes(content)
        manifest.build(draft, subject(report))
        if signer:
            tell(f"signing with {signer.key}")
            signature.sign(draft, signer)
        return _replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _replace(draft: Path, folder: Path) -> list[str]:
    old = _listed(folder)
    folder.mkdir(exist_ok=True)
    for name in (manifest.SIGNATURE, manifest.NAME):
        (folder / name).unlink(missing_ok=True)
    new = [str(path.relative_to(draft)) for path in sorted(draft.rglob("*")) if path.is_file()]
    for name in old - set(new):
        (folder / name).unlink(missing_ok=True)
    last = (manifest.NAME, manifest.SIGNATURE)
    for name in sorted(new, key=lambda each: (each in last, each)):
        (folder / name).parent.mkdir(exist_ok=True)
        os.replace(draft / name, folder / name)
    here = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(set(here) - set(new))


def _listed(folder: Path) -> set[str]:
    """The files of the report that lay here before; nothing else in the folder is ever removed."""
    ours = {name for _, name in FORMATS.values()}
    if not (folder / manifest.NAME).is_file():
        return set()
    try:
        listed = manifest.read(folder)["files"]
    except EvidenceError:
        return set()
    return {name for name in listed if name.split("/", 1)[0] in ours and ".." not in name}
