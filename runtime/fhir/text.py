"""How strings are compared in a search: without case, accents or runs of blanks.

https://hl7.org/fhir/R4/search.html#string
"""

from __future__ import annotations

import hashlib
import unicodedata

LONGEST = 240
"""Characters of a value that are indexed; a B-tree entry has about 2,700 bytes."""


def fold(text: str) -> str:
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(text.casefold().split())


def key(text: str) -> str:
    """The text itself, or, where it is too long for an index, its beginning and its hash."""
    text = text.replace("\0", "")
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST - 64] + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
