"""Two drills cannot touch one stack at once: a lock that the system lifts when the holder dies."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager

from runbooks import home
from runbooks.errors import PreconditionError


@contextmanager
def exclusive(stack: str) -> Iterator[None]:
    """Hold the stack's lock; `PreconditionError` where another drill holds it."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", stack):
        raise PreconditionError(f"--stack: {stack!r} is no name of a stack")
    folder = home.drills()
    folder.mkdir(parents=True, exist_ok=True)
    # The file stays: removing it would let two drills lock two files of one name.
    with (folder / f"{stack}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PreconditionError(f"--stack: another drill is running against {stack}") from error
        yield
