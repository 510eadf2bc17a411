"""Where runs are remembered: `.careplane/drills/`, or below `CAREPLANE_HOME`.

`runs/<run>.json` says where a run's folder is. It also keeps the canaries that the run seeded, which
must not be in the folder itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from runbooks.errors import PreconditionError, nearest

_CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Known:
    """A run of this checkout."""

    run: str
    folder: str
    drill: str
    stack: str
    canaries: tuple[str, ...] = ()


def drills() -> Path:
    return Path(os.environ.get("CAREPLANE_HOME") or _CHECKOUT / ".careplane") / "drills"


def keep(known: Known) -> None:
    """Remember a run before it does anything."""
    folder = drills() / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{known.run}.part"
    draft.write_text(json.dumps(asdict(known), indent=2) + "\n")
    draft.replace(folder / f"{known.run}.json")


def runs() -> Iterator[Known]:
    """Every run that is remembered."""
    for file in sorted((drills() / "runs").glob("*.json")):
        told = json.loads(file.read_text())
        yield Known(**{**told, "canaries": tuple(told["canaries"])})


def find(run: str) -> Path:
    """The folder of a run, by its id or by the folder itself."""
    known = {each.run: each for each in runs()}
    if run in known:
        return Path(known[run].folder)
    if Path(run).is_dir():
        return Path(run)
    raise PreconditionError(f"run {run}: is unknown, and no such folder is there; {nearest(run, known)}")


def canaries(run: str) -> Sequence[str]:
    """What a run seeded and no file of its pack may hold."""
    return next((known.canaries for known in runs() if known.run == run), ())
