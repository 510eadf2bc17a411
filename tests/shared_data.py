"""Where the shared test inputs are; a test that needs one is skipped, with the reason, where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent


def shared(relative: str) -> Path:
    """Path of a shared input such as `synthea`; skips the test where there is none."""
    base = Path(os.environ.get("CAREPLANE_SHARED", _ROOT.parent / "shared" / "data"))
    path = base / relative
    if not path.exists():
        pytest.skip(f"shared test input {relative} is not here (set CAREPLANE_SHARED to its folder)")
    return path
