"""Address ranges that take in a whole part of the internet."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from typing import Any

EVERYWHERE = ("0.0.0.0/0", "::/0")
_WIDEST = {4: 8, 6: 7}
"""Prefix lengths of the widest private ranges; two halves of the internet are as open as the whole."""


def is_open(value: Any) -> bool:
    """Wider than any private range; what is no range at all is taken for the worst."""
    return _is_open(str(value))


@lru_cache(maxsize=4096)
def _is_open(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return True
    return network.prefixlen < _WIDEST[network.version]
