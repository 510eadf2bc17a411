"""Reading a kick-off request (https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request).

What is not understood is refused, never left out: an export that lacks a filter would disclose too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from runtime.bulk.compartment import PATIENT_TYPES
from runtime.bulk.job import needs
from runtime.errors import Malformed, NotAcceptable
from runtime.interaction import query_pairs
from runtime.resource_types import RESOURCE_TYPES
from runtime.scopes import Need

FORMATS = ("application/fhir+ndjson", "application/ndjson", "ndjson")
_ONCE = ("_outputFormat", "_since")
_LISTS = ("_elements", "_type")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_ELEMENT = re.compile(r"([A-Z][A-Za-z]+\.)?[a-z][A-Za-z]*")


@dataclass(frozen=True)
class Asked:
    """`kinds` is None where everything is asked for."""

    patient: bool = False
    kinds: tuple[str, ...] | None = None
    since: datetime | None = None
    elements: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[Need, ...]:
        """The scopes that it takes. Everything takes every type's, so that none is left out in silence."""
        if self.kinds is None and not self.patient:
            return (("*", "r"), ("*", "s"))
        return tuple(need for kind in self.kinds or sorted(PATIENT_TYPES) for need in needs(kind))

    def among(self, offered: Iterable[str]) -> tuple[str, ...]:
        """What is exported, of the types that the store has."""
        known = set(offered) & RESOURCE_TYPES & (PATIENT_TYPES if self.patient else RESOURCE_TYPES)
        if missing := sorted(set(self.kinds or ()) - known):
            raise Malformed(f"_type: the store has no {', '.join(missing)} to export.")
        return tuple(sorted(known if self.kinds is None else self.kinds))


def read(query: str, prefer: str, accept: str, patient: bool) -> Asked:
    if "respond-async" not in re.split(r"[,;\s]+", prefer.lower()):
        raise Malformed("An export needs the header Prefer: respond-async.")
    if not any(mark in accept.lower() for mark in ("json", "*/*", "application/*")):
        raise NotAcceptable("Accept must be application/fhir+json.")
    once: dict[str, str] = {}
    lists: dict[str, list[str]] = {name: [] for name in _LISTS}
    for name, value in query_pairs(query):
        if name in _LISTS:
            lists[name] += value.split(",")
        elif name not in _ONCE:
            raise Malformed(f"A parameter is not offered; allowed: {', '.join(sorted((*_LISTS, *_ONCE)))}.")
        elif name in once:
            raise Malformed(f"{name} can be given once.")
        else:
            once[name] = value
    if once.get("_outputFormat", FORMATS[0]) not in FORMATS:
        raise Malformed(f"_outputFormat must be {' or '.join(FORMATS)}.")
    since = _instant(once["_since"]) if "_since" in once else None
    kinds = _kinds(lists["_type"], patient) if lists["_type"] else None
    return Asked(patient, kinds, since, _elements(lists["_elements"]))


def _kinds(given: list[str], patient: bool) -> tuple[str, ...]:
    if any(kind not in RESOURCE_TYPES for kind in given):
        raise Malformed("_type must be resource types of FHIR R4, by comma.")
    if patient and not PATIENT_TYPES.issuperset(given):
        raise Malformed("_type: an export of patients has only types of the patient's compartment.")
    return tuple(sorted(set(given)))


def _instant(text: str) -> datetime:
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed("_since must be an instant such as 2026-01-31T08:00:00Z.") from error


def _elements(given: list[str]) -> tuple[str, ...]:
    if not all(_ELEMENT.fullmatch(each) for each in given):
        raise Malformed("_elements must be names such as id or Patient.name, by comma.")
    return tuple(dict.fromkeys(given))
