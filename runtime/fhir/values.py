"""What one element contributes to each kind of search index: plain tuples, nothing for what does not fit.

The tables by kind and data type are R4's (https://hl7.org/fhir/R4/search.html#table).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from runtime.fhir.dates import EARLIEST, LATEST, span
from runtime.fhir.references import local_target
from runtime.fhir.text import LONGEST, fold, key

Row = tuple[Any, ...]
Convert = Callable[[Any], Iterator[Row]]
_NAME = ("text", "family", "given", "prefix", "suffix")
_ADDRESS = ("text", "line", "city", "district", "state", "country", "postalCode")
_CURRENCY = "urn:iso:std:iso:4217"


def token_text(value: Any) -> Iterator[Row]:
    if isinstance(value, str):
        yield "", key(value)


def token_boolean(value: Any) -> Iterator[Row]:
    if isinstance(value, bool):
        yield "", "true" if value else "false"


def token_exists(value: Any) -> Iterator[Row]:
    yield "", "true"


def token_coding(value: Any) -> Iterator[Row]:
    if isinstance(value, dict) and isinstance(code := value.get("code"), str):
        yield key(_string(value.get("system"))), key(code)


def token_concept(value: Any) -> Iterator[Row]:
    if isinstance(value, dict):
        for coding in _items(value.get("coding")):
            yield from token_coding(coding)


def token_identifier(value: Any) -> Iterator[Row]:
    if isinstance(value, dict) and isinstance(text := value.get("value"), str):
        yield key(_string(value.get("system"))), key(text)


def token_contact(value: Any) -> Iterator[Row]:
    if isinstance(value, dict):
        yield from token_text(value.get("value"))


def string_text(value: Any) -> Iterator[Row]:
    if isinstance(value, str):
        value = value.replace("\0", "")
        yield fold(value)[:LONGEST], value[:LONGEST]


def _string_parts(names: tuple[str, ...]) -> Convert:
    def parts(value: Any) -> Iterator[Row]:
        if isinstance(value, dict):
            for name in names:
                for part in _items(value.get(name)):
                    yield from string_text(part)

    return parts


def date_text(value: Any) -> Iterator[Row]:
    if isinstance(value, str) and (found := span(value)):
        yield found


def date_period(value: Any) -> Iterator[Row]:
    if isinstance(value, dict):
        start, end = (span(_string(value.get(name))) for name in ("start", "end"))
        if start or end:
            yield start.low if start else EARLIEST, end.high if end else LATEST


def date_timing(value: Any) -> Iterator[Row]:
    if isinstance(value, dict):
        events = [found for event in _items(value.get("event")) if (found := span(_string(event)))]
        if events:
            yield min(e.low for e in events), max(e.high for e in events)
        elif isinstance(repeat := value.get("repeat"), dict):
            yield from date_period(repeat.get("boundsPeriod"))


def reference_element(value: Any) -> Iterator[Row]:
    if isinstance(value, dict):
        yield from reference_text(value.get("reference"))


def reference_text(value: Any) -> Iterator[Row]:
    if isinstance(value, str) and value and not value.startswith("#"):
        yield local_target(value) or ("", key(value))


def quantity(value: Any) -> Iterator[Row]:
    if isinstance(value, dict) and (number := _number(value.get("value"))) is not None:
        low = "-Infinity" if value.get("comparator") in ("<", "<=") else number
        high = "Infinity" if value.get("comparator") in (">", ">=") else number
        yield (
            low,
            high,
            key(_string(value.get("system"))),
            key(_string(value.get("code") or value.get("unit"))),
        )


def money(value: Any) -> Iterator[Row]:
    if isinstance(value, dict) and (number := _number(value.get("value"))) is not None:
        yield number, number, _CURRENCY, _string(value.get("currency"))


def quantity_range(value: Any) -> Iterator[Row]:
    if isinstance(value, dict):
        low, high = (next(quantity(value.get(name)), None) for name in ("low", "high"))
        unit = (low or high or ("", "", "", ""))[2:]
        if low or high:
            yield low[0] if low else "-Infinity", high[1] if high else "Infinity", *unit


def number(value: Any) -> Iterator[Row]:
    if (text := _number(value)) is not None:
        yield (text,)


def uri(value: Any) -> Iterator[Row]:
    if isinstance(value, str):
        yield (key(value),)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _number(value: Any) -> str | None:
    """The number as PostgreSQL reads it; None for what is no number or has no reasonable size."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return str(value) if abs(Decimal(value).adjusted()) < 500 and len(str(value)) < 1000 else None


CONVERT: dict[tuple[str, str], Convert] = {
    ("token", "CodeableConcept"): token_concept,
    ("token", "Coding"): token_coding,
    ("token", "ContactPoint"): token_contact,
    ("token", "Identifier"): token_identifier,
    ("token", "boolean"): token_boolean,
    ("token", "exists"): token_exists,
    ("string", "HumanName"): _string_parts(_NAME),
    ("string", "Address"): _string_parts(_ADDRESS),
    ("date", "Period"): date_period,
    ("date", "Timing"): date_timing,
    ("reference", "Reference"): reference_element,
    ("quantity", "Money"): money,
    ("quantity", "Range"): quantity_range,
}
DEFAULT: dict[str, Convert] = {
    "token": token_text,
    "string": string_text,
    "date": date_text,
    "reference": reference_text,
    "quantity": quantity,
    "number": number,
    "uri": uri,
}
