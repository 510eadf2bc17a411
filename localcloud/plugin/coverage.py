"""Which types of the plugin are compared with recordings of the published provider, and which are not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from localcloud.plugin.catalogue import tokens

_LIST = Path(__file__).with_name("recorded.txt")
"""Types in the recordings, one a line: what tests compare request by request with the published provider."""


@cache
def recorded() -> frozenset[str]:
    return frozenset(_LIST.read_text().split())


def coverage() -> dict[str, bool]:
    """Every supported type, and whether it has a recording."""
    return {token: token in recorded() for token in tokens()}
