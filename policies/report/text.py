"""Text that others wrote, made safe to show: names and values come from whoever made the resources."""

from __future__ import annotations

import re

_SURROGATES = re.compile("[\ud800-\udfff]")
# Controls, line separators, zero-width and bidirectional marks: they hide text or turn it around.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_SPACES = re.compile(r"\s+")


def _code(found: re.Match[str]) -> str:
    return f"\\u{{{ord(found.group()):x}}}"


def visible(text: str) -> str:
    r"""On one line, with every character that cannot be seen as its code (`\u{202e}`)."""
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_code, text)


def encodable(text: str) -> str:
    """As it stands, but for lone surrogates, which no encoding can carry."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def line(text: str, otherwise: str) -> str:
    """One visible line without spaces at its ends, never empty (`otherwise` then)."""
    return _SPACES.sub(" ", visible(text)).strip() or otherwise


def absent(seen: str) -> str:
    """The value that was seen, for people: what Python writes as None was not there."""
    return "absent" if seen in ("", "None") else seen
