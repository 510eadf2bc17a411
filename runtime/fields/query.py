"""Searches by identifier: the value that is asked for becomes its blind index before it leaves.

https://hl7.org/fhir/R4/search.html#token. `identifier=system|value` of a
configured system is rewritten. A value without a system is also looked for as
the blind index of each configured system; one that can only be a social
security number is not sent in clear at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from runtime.errors import Malformed
from runtime.fields.blind_index import BlindIndex
from runtime.fields.spelling import Spellings
from runtime.interaction import query_pairs
from runtime.settings import US_SSN

_SPLIT = {c: re.compile(r"(?<!\\)((?:\\\\)*)" + re.escape(c)) for c in ",|"}
_SHAPES = {US_SSN: re.compile(r"\d{3}-?\d{2}-?\d{4}")}


def rewrite_reference(text: str, systems: frozenset[str], index: Callable[[], BlindIndex]) -> str:
    """A conditional reference `Patient?identifier=…`, or the bare parameters of If-None-Exist."""
    head, mark, query = text.rpartition("?")
    return head + mark + rewrite_query(query, systems, index)


def rewrite_query(query: str, systems: frozenset[str], index: Callable[[], BlindIndex]) -> str:
    """The query itself when nothing in it concerns a configured system."""
    if not systems or not query:
        return query
    before = query_pairs(query)
    after = [(name, _rewrite(name, value, systems, index)) for name, value in before]
    return query if before == after else urlencode(after)


def _rewrite(name: str, value: str, systems: frozenset[str], index: Callable[[], BlindIndex]) -> str:
    by_identifier = _is_identifier(name)
    modifier = name.rpartition("identifier:")[2] if by_identifier and "identifier:" in name else ""
    if modifier == "missing":
        return value
    if modifier not in ("", "not"):
        raise Malformed(f"identifier:{modifier} is not offered; search by identifier=system|value.")
    tokens = _pieces(value, ",")
    return ",".join(part for token in tokens for part in _token(token, by_identifier, systems, index))


def _is_identifier(name: str) -> bool:
    """`identifier`, a chain that ends in it, `subject:identifier`, `_has:…:identifier`."""
    last = re.split(r"[.]", name)[-1]
    return last == "identifier" or last.startswith("identifier:") or last.endswith(":identifier")


def _token(
    token: str, by_identifier: bool, systems: frozenset[str], index: Callable[[], BlindIndex]
) -> list[str]:
    parts = _pieces(token, "|")
    if len(parts) == 2 and _plain(parts[0]) in systems and parts[1]:
        return [f"{parts[0]}|{index().of(_plain(parts[0]), _plain(parts[1]))}"]
    if by_identifier and len(parts) > 1:
        _refuse_in_clear(parts, systems)
    if len(parts) != 1 or not by_identifier or not token:
        return [token]
    sealed = [f"{_escaped(system)}|{index().of(system, _plain(token))}" for system in sorted(systems)]
    return sealed if _shaped(token, systems) else [token, *sealed]


def _shaped(token: str, systems: frozenset[str]) -> bool:
    text = _plain(token).strip()
    return any(system in systems and shape.fullmatch(text) for system, shape in _SHAPES.items())


def _refuse_in_clear(parts: list[str], systems: frozenset[str]) -> None:
    """`|value` of a number that is only ever sealed, a third part, a system spelled otherwise."""
    meant = Spellings(systems).meant(_plain(parts[0]))
    whole = len(parts) == 2 and not (not parts[0] and _shaped(parts[1], systems))
    if parts[1] and (meant or not whole):
        raise Malformed("Search by identifier=system|value, with the system exactly as configured.")


def _pieces(text: str, separator: str) -> list[str]:
    """Split where the separator is not escaped by a backslash."""
    pieces, start = [], 0
    for match in _SPLIT[separator].finditer(text):
        pieces.append(text[start : match.end() - 1])
        start = match.end()
    return [*pieces, text[start:]]


def _plain(text: str) -> str:
    return re.sub(r"\\([\\,|$])", r"\1", text)


def _escaped(text: str) -> str:
    return re.sub(r"([\\,|$])", r"\\\1", text)
