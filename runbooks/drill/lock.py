"""Two drills cannot touch one stack at once: a lock that the system lifts when the holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runbooks.errors import PreconditionError

_CHECKOUT = Path(__file__).resolve().parents[2]


@contextmanager
def exclusive(stack: str) -> Iterator[None]:
    """Hold the stack's lock; `PreconditionError` where another drill holds it."""
    folder = Path(os.environ.get("CAREPLANE_HOME") or _CHECKOUT / ".careplane") / "drills"
    folder.mkdir(parents=True, exist_ok=True)
    # The file stays: removing it would let two drills lock two files of one name.
    with (folder / f"{stack}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PreconditionError(f"--stack: another drill is running against {stack}") from error
        yield
