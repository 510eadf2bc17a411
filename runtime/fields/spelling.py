"""Systems that mean a configured one but are spelled otherwise: they are refused, never stored in clear.

`https://hl7.org/fhir/sid/us-ssn/` is another string than the configured one, and the same number behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from runtime.settings import US_SSN

_ALIASES = {US_SSN: ("urn:oid:2.16.840.1.113883.4.1", "2.16.840.1.113883.4.1")}
"""https://terminology.hl7.org/NamingSystem-USSSN.html"""
_TYPES = {US_SSN: "SS"}
"""Codes of http://terminology.hl7.org/CodeSystem/v2-0203 that say the same without a system."""
_TABLE = ("v2-0203", "v2/0203")


def _plain(system: str) -> str:
    """Without case, scheme, `www.`, percent-encoding, version, fragment, and blanks or slashes around it."""
    text = re.split(r"[|#?]", unquote(system))[0].strip().lower().rstrip("/ ")
    return re.sub(r"^(https?://)?(www\.)?", "", text)


class Spellings:
    """What could be meant by a system, for a set of configured ones."""

    def __init__(self, systems: Iterable[str]) -> None:
        self._systems = frozenset(systems)
        self._meant = {_plain(name): s for s in self._systems for name in (*_ALIASES.get(s, ()), s)}
        self._codes = {code: system for system, code in _TYPES.items() if system in self._systems}

    def meant(self, system: str) -> str | None:
        """The configured system that this is another spelling of; None where it is one itself, or none."""
        return None if system in self._systems else self._meant.get(_plain(system))

    def typed(self, identifier: dict[str, Any]) -> str | None:
        """The configured system that an identifier's type says it has, whatever its `system` says."""
        kind = identifier.get("type")
        coding = kind.get("coding") if isinstance(kind, dict) else None
        for each in coding if isinstance(coding, list) else ():
            if isinstance(each, dict) and str(each.get("system")).rstrip("/").endswith(_TABLE):
                found = self._codes.get(str(each.get("code")))
                if found is not None:
                    return found
        return None

    def hints(self) -> list[bytes]:
        """Regular expressions, one of which every spelling matches in JSON without escapes."""
        names = [name for system in self._systems for name in (*_ALIASES.get(system, ()), system)]
        tails = {re.split(r"[/:]", name.rstrip("/"))[-1] for name in names}
        spelled = [re.escape(tail.encode()).replace(rb"\-", rb"(?:-|%2d)") for tail in sorted(tails)]
        return [b"(?i:" + each + b")" for each in spelled] + [f'"{code}"'.encode() for code in self._codes]
