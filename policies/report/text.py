"""Text that others wrote, made safe to show: names and values come from whoever made the resources."""

from __future__ import annotations

import re

from evidence.text import visible

_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def encodable(text: str) -> str:
    """As it stands, but for lone surrogates, which no encoding can carry."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def line(text: str, otherwise: str) -> str:
    """One visible line without spaces at its ends, never empty (`otherwise` then)."""
    return _SPACES.sub(" ", visible(text)).strip() or otherwise


def absent(seen: str) -> str:
    """The value that was seen, for people: what Python writes as None was not there."""
    return "absent" if seen in ("", "None") else seen


__all__ = ["absent", "encodable", "line", "visible"]
