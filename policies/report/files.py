"""Which formats there are, and how a report's files come to lie in a folder: whole, listed and signed.

The folder is a pack of `evidence`: `manifest.json` holds the SHA-256 of every file and what was judged.
"""

from __future__ import annotations

import gc
import os
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
from policies.report import draft
from policies.report.text import encodable, visible
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

REPORT = "policies"
"""What a report's manifest says that it is."""

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
        "report": REPORT,
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

    Everything is made beside the folder first. While files are replaced the manifest is one that never
    holds, so that a run that is cut off leaves no pack that would verify. Returns names of files that do not
    belong; a folder of anything else than a report is refused.
    """
    refuse_target(folder)
    folder = folder.resolve()
    with draft.beside(folder) as made:
        for name, content in rendered(report, coverage, formats, tell):
            (made / name).parent.mkdir(exist_ok=True)
            (made / name).write_bytes(content)
        if signer:
            tell(f"signing with {signer.key}")
        about = subject(report)
        signature.seal(made, about, signer)
        refuse_target(folder)
        return _replace(made, folder, about)


def refuse_target(folder: Path) -> None:
    """A target must be new, empty or a report's folder, and lead nowhere else; raises `PolicyError`."""
    if folder.is_symlink():
        raise PolicyError(f"--out: {visible(str(folder))} is a link; name the folder itself")
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        manifest.names(folder)
        ours = manifest.read(folder).get("subject", {}).get("report") == REPORT
    except EvidenceError as error:
        if error.file != manifest.NAME:
            raise PolicyError(f"--out: {visible(str(folder))}: {error}") from error
        ours = False
    if not ours:
        raise PolicyError(
            f"--out: {visible(str(folder))} holds something else than a report; name a new folder"
        )


def _replace(made: Path, folder: Path, about: dict[str, Any]) -> list[str]:
    old, last = _listed(folder), (manifest.SIGNATURE, manifest.NAME)
    new = {*manifest.names(made), *(name for name in last if (made / name).exists())}
    folder.mkdir(exist_ok=True)
    manifest.unfinished(folder, about, (old | new).difference(last))
    for name in (old - new) | ({manifest.SIGNATURE} - new):
        (folder / name).unlink(missing_ok=True)
    for name in [*sorted(new.difference(last)), *(name for name in last if name in new)]:
        (folder / name).parent.mkdir(exist_ok=True)
        os.replace(made / name, folder / name)
    return sorted(set(manifest.names(folder)) - new)


def _listed(folder: Path) -> set[str]:
    """The files of the report that lay here before; nothing else in the folder is ever removed."""
    ours = {name for _, name in FORMATS.values()}
    if not (folder / manifest.NAME).exists():
        return set()
    listed = manifest.read(folder)["files"]
    return {name for name in listed if name.split("/", 1)[0] in ours and ".." not in name}
