"""A file of ours that is whole at every moment, and its owner's only."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    draft = path.with_suffix(".part")
    with draft.open("w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
