"""What the filter of a sink takes of the audit logs.

https://cloud.google.com/logging/docs/view/logging-query-language
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

AUDIT_LOGS = tuple(f"cloudaudit.googleapis.com/{log}" for log in ("activity", "data_access", "policy"))
"""What administrators do, what is read and written, and what was refused: https://cloud.google.com/logging/docs/audit#types"""
_TERM = re.compile(
    r"""\(?\s*(?:log_id\(["'](?P<id>[^"']+)["']\)|logName\s*:\s*"?(?P<part>[^"\s()]+)"?)\s*\)?"""
)
_OR = re.compile(r"\s+OR\s+")


def takes_audit(given: Any) -> bool | None:
    """True if every audit log is taken whole, False if only a part, None if none is named.

    Whole means that logs are named and joined by OR: anything else narrows what is taken, unseen.
    """
    return _takes_audit(given if isinstance(given, str) else "" if given is None else repr(given))


@lru_cache(maxsize=1024)
def _takes_audit(text: str) -> bool | None:
    if not text.strip():
        return True
    if "cloudaudit" not in text:
        return None
    terms = [_TERM.fullmatch(term.strip()) for term in _OR.split(text.strip())]
    named = [term for term in terms if term]
    if len(named) < len(terms):
        return False
    return all(any(_takes(term, log) for term in named) for log in AUDIT_LOGS)


def _takes(term: re.Match[str], log: str) -> bool:
    if term["id"]:
        return bool(term["id"] == log)
    return unquote(term["part"]) in f"/logs/{log}"
