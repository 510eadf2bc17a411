"""Cells of Markdown tables."""

from __future__ import annotations

import re


def cell(text: str) -> str:
    """Text that cannot leave its cell, nor become markup."""
    plain = re.sub(r"\s+", " ", text).replace("\\", "\\\\").replace("|", "\\|")
    return plain.replace("<", "&lt;").replace("`", "'")
