"""What the engine runs stays small and loads only what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from infra import stack
from infra.stack import foundation

PROGRAM = Path(stack.__file__).parents[1] / "program" / "__main__.py"


def test_program_is_under_sixty_lines() -> None:
    assert len(PROGRAM.read_text().splitlines()) < 60


def test_starting_loads_no_google_module() -> None:
    code = (
        "import infra.config, infra.stack, sys; print([m for m in sys.modules if m.startswith('pulumi_gcp')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tenant_never_loads_compute_which_takes_seconds() -> None:
    folder = Path(foundation.__file__).parent
    assert not any("compute" in path.read_text() for path in folder.glob("tenant*.py"))
