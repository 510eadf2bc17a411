"""One search value against one index row (called `i`): a piece of SQL and its values.

Prefixes and ranges: https://hl7.org/fhir/R4/search.html#prefix
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from runtime.fhir.dates import EARLIEST, LATEST, Span, micros, moment, span
from runtime.fhir.errors import BadRequest
from runtime.fhir.references import local_target
from runtime.fhir.search.query import PREFIXES, plain, split
from runtime.fhir.text import LONGEST, fold, key

Part = tuple[str, list[Any]]
_LAST = "\U0010ffff"


def token(modifier: str, value: str) -> Part:
    """`code`, `system|code`, `|code` (no system) or `system|` (any code)."""
    parts = [key(plain(part)) for part in split(value, "|")]
    if len(parts) == 1:
        return "i.code = %s", [parts[0]]
    system, code = parts[0], parts[1]
    if not code and system:
        return "i.system = %s", [system]
    return "(i.code = %s AND i.system = %s)", [code, system]


def string(modifier: str, value: str) -> Part:
    text = plain(value)
    if modifier == "exact":
        return "(i.value = %s AND i.exact = %s)", [fold(text)[:LONGEST], text[:LONGEST]]
    folded = fold(text)[:LONGEST]
    if modifier == "contains":
        return "position(%s in i.value) > 0", [folded]
    return "(i.value >= %s AND i.value < %s)", [folded, folded + _LAST]


def reference(modifier: str, value: str) -> Part:
    """`Type/id`, `id`, or a URL."""
    text = plain(value)
    if target := local_target(text):
        return "(i.target = %s AND i.target_type = %s)", [target.id, target.type]
    return "i.target = %s", [key(text)]


def uri(modifier: str, value: str) -> Part:
    text = key(plain(value))
    if modifier == "below":
        return "(i.value >= %s AND i.value < %s)", [text, text + _LAST]
    if modifier == "above":
        return "starts_with(%s, i.value)", [text]
    return "i.value = %s", [text]


def resource_id(alias: str, value: str) -> Part:
    return f"{alias}.id = %s", [plain(value)]


def date(modifier: str, value: str) -> Part:
    prefix, text = _prefix(value)
    found = _span(text)
    return _range(prefix, "i.low", "i.high", _around(found) if prefix == "ap" else found)


def last_updated(alias: str, value: str) -> Part:
    """The moment of the last change has microseconds: a range of width one."""
    prefix, text = _prefix(value)
    found = _span(text)
    low, high = (
        moment(max(min(edge, _MOST), _LEAST)) for edge in (_around(found) if prefix == "ap" else found)
    )
    column = f"{alias}.updated"
    comparison = {
        "eq": f"({column} >= %s AND {column} < %s)",
        "ne": f"({column} < %s OR {column} >= %s)",
        "gt": f"{column} >= %s",
        "sa": f"{column} >= %s",
        "ge": f"{column} >= %s",
        "lt": f"{column} < %s",
        "eb": f"{column} < %s",
        "le": f"{column} < %s",
        "ap": f"({column} >= %s AND {column} < %s)",
    }[prefix]
    edges = {"gt": [high], "sa": [high], "ge": [low], "lt": [low], "eb": [low], "le": [high]}
    return comparison, edges.get(prefix, [low, high])


_LEAST = micros(datetime(1, 1, 2, tzinfo=UTC))
_MOST = micros(datetime(9999, 12, 30, tzinfo=UTC))


def _span(text: str) -> Span:
    # A query string turns the + of a time zone into a blank.
    found = span(text.replace(" ", "+"))
    if found is None:
        raise BadRequest(f"{text[:60]!r} is not a date; allowed: YYYY, YYYY-MM, YYYY-MM-DD or a dateTime.")
    return found


def _around(found: Span) -> Span:
    """A tenth of the distance to now, on both sides (`ap`)."""
    slack = abs(micros(datetime.now(UTC)) - found.low) // 10
    return Span(max(found.low - slack, EARLIEST), min(found.high + slack, LATEST))


def _range(prefix: str, low: str, high: str, found: Span) -> Part:
    """Both ends of row and value are ranges, the upper end exclusive; `ne` is negated by the caller."""
    return {
        "eq": (f"({low} >= %s AND {high} <= %s)", [found.low, found.high]),
        "ne": (f"({low} >= %s AND {high} <= %s)", [found.low, found.high]),
        "gt": (f"{high} > %s", [found.high]),
        "lt": (f"{low} < %s", [found.low]),
        "ge": (f"({low} >= %s OR {high} > %s)", [found.low, found.high]),
        "le": (f"({high} <= %s OR {low} < %s)", [found.high, found.low]),
        "sa": (f"{low} >= %s", [found.high]),
        "eb": (f"{high} <= %s", [found.low]),
        "ap": (f"({low} < %s AND {high} > %s)", [found.high, found.low]),
    }[prefix]


def number(modifier: str, value: str) -> Part:
    prefix, text = _prefix(value)
    return _compare(prefix, "i.value", "i.value", _decimal(text))


def quantity(modifier: str, value: str) -> Part:
    """`5.4`, `5.4|system|code` or `5.4||code`."""
    parts = [plain(part) for part in split(value, "|")]
    prefix, text = _prefix(parts[0])
    sql, values = _compare(prefix, "i.low", "i.high", _decimal(text))
    for column, wanted in zip(("i.system", "i.code"), parts[1:3], strict=False):
        if wanted:
            sql, values = f"({sql} AND {column} = %s)", [*values, key(wanted)]
    return sql, values


def _compare(prefix: str, low: str, high: str, value: Decimal) -> Part:
    """`100` means 99.5 to 100.5 for eq and ne; the ordered prefixes compare the number itself."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    half = abs(value) / 10 if prefix == "ap" else Decimal(5).scaleb(min(exponent, 0) - 1)
    if prefix in ("eq", "ne", "ap"):
        return f"({low} >= %s AND {high} < %s)", [value - half, value + half]
    column, sign = {
        "gt": (high, ">"),
        "lt": (low, "<"),
        "ge": (high, ">="),
        "le": (low, "<="),
        "sa": (low, ">"),
        "eb": (high, "<"),
    }[prefix]
    return f"{column} {sign} %s", [value]


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise BadRequest(f"{text[:60]!r} is not a number.") from error
    if not value.is_finite() or len(text) > 60 or abs(value.adjusted()) > 200:
        raise BadRequest(f"{text[:60]!r} is not a number of reasonable size.")
    return value


def _prefix(value: str) -> tuple[str, str]:
    return (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)
