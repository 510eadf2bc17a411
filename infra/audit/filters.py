"""What a sink of the audit trail takes: at least every audit log, and never an exclusion. Checks 56 to 59."""

from __future__ import annotations

import re

from infra.errors import ConfigError

AUDIT_LOGS = (
    "cloudaudit.googleapis.com/activity",
    "cloudaudit.googleapis.com/data_access",
    "cloudaudit.googleapis.com/policy",
)
"""https://cloud.google.com/logging/docs/audit#types"""
RUNTIME_LOGS = ("run.googleapis.com/stdout", "careplane-audit")
"""Where runtimes' own records are: their standard output, which Cloud Run signs for (`resource.labels`).

`careplane-audit` is what releases wrote before, by a right that no runtime has any more.
"""
_TERM = re.compile(r'log_id\("([^"]+)"\)')

FILTER = " OR ".join(f'log_id("{log}")' for log in (*AUDIT_LOGS, *RUNTIME_LOGS))
"""Google's audit logs and the runtimes' own."""
EVERY_FILTER = FILTER + ' OR log_id("cloudaudit.googleapis.com/system_event")'
"""The same with what Google's own systems did."""


def require_audit(given: str) -> str:
    """The filter, if it takes every audit log whole; empty takes everything.

    It may only name logs, joined by OR: anything that narrows or negates would drop entries unseen.
    """
    terms = [_TERM.fullmatch(term.strip()) for term in given.split(" OR ")] if given.strip() else []
    named = {term[1] for term in terms if term}
    if not all(terms) or (terms and not named.issuperset(AUDIT_LOGS)):
        wanted = " OR ".join(f'log_id("{log}")' for log in AUDIT_LOGS)
        raise ConfigError("sink filter", given, f"empty, or {wanted} and further logs, each joined by OR")
    return given
