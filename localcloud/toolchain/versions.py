"""Which Pulumi and which Go. `gomodule/go.mod` and pyproject.toml must agree with this."""

from __future__ import annotations

import re

Version = tuple[int, int, int]

PULUMI = "3.259.0"
"""What is downloaded or built: the version of the locked Python SDK, and the last one that was built."""

MINIMUM: Version = (3, 259, 0)
"""Oldest CLI accepted from PATH. The engine must not be older than the SDK whose programs it runs:
an SDK may use what an older engine does not know, and no older one was tried."""

GO = "1.26.6"
"""What is installed where no Go is on PATH."""

GO_MINIMUM: Version = (1, 26, 0)
"""Oldest Go that builds Pulumi's modules."""


def parse(text: str) -> Version | None:
    """The first `X.Y.Z` (or `X.Y`) in a program's version line; None where there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def show(version: Version) -> str:
    return ".".join(map(str, version))
