"""A finished run of the synthetic drill, made once a process, and copies of it to spoil."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from runbooks.cli.main import main
from tests.runbooks import synthetic
from tests.runbooks.synthetic import ENGINE, STACK


def run_drill(place: Path, *arguments: str, code: int = 0, **environ: str) -> Path:
    """Run the drill here, in this process; the folder of its pack."""
    stack = place / "stack"
    stack.mkdir(parents=True, exist_ok=True)
    (stack / "data").write_text("every row")
    (stack / "at").unlink(missing_ok=True)
    before = dict(os.environ)
    os.environ.update({"SYNTHETIC": str(stack), "CAREPLANE_HOME": str(place / "home"), **environ})
    out = place / f"pack{len(list(place.glob('pack*')))}"
    try:
        done = main(["drill", "copy-and-restore", "--stack", STACK, "--out", str(out), *arguments], ENGINE)
        assert done == code
    finally:
        os.environ.clear()
        os.environ.update(before)
    return out


@cache
def _made() -> Path:
    return run_drill(Path(mkdtemp(prefix="drill-")), "--role", "operator=Ann")


def pack(folder: Path) -> Path:
    """A signed pack of one's own."""
    shutil.copytree(_made(), folder / "pack")
    return folder / "pack"


def public_key(folder: Path) -> Path:
    """The key that signed it, as somebody who trusts it has it."""
    path = folder / "key.pem"
    path.write_text(synthetic.key(STACK, None).signer.public_pem)
    return path
