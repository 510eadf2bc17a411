"""Text that nobody authenticated, made safe to print: names come from whoever made a pack."""

from __future__ import annotations

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
"""Unicode's categories of what hides text or turns it around, and of what no encoding can carry."""


def visible(text: str) -> str:
    r"""On one line, with every character that cannot be seen as its code (`\u{202e}`)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"\\u{{{ord(c):x}}}" if unicodedata.category(c) in _HIDDEN else c for c in text)
