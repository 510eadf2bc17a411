"""JSON in and out without losing a digit.

FHIR decimals carry their precision (https://hl7.org/fhir/R4/json.html#decimal): `1.50` is not `1.5`.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import simplejson

from runtime.fhir.errors import BadResource, Json
from runtime.fhir.nesting import DEEPEST, too_deep

TOO_DEEP = f"The JSON is nested too deeply; allowed: {DEEPEST} levels."


class Number(Decimal):
    """A decimal that writes itself as it was read, exponent and trailing zeros included."""

    text: str

    def __new__(cls, text: str) -> Number:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text

    def __deepcopy__(self, memo: Any) -> Number:
        return self

    def __copy__(self) -> Number:
        return self


def _integer(text: str) -> Any:
    return Number(text) if text == "-0" or len(text) > 18 else int(text)


def loads(data: bytes) -> Json:
    """One JSON object; anything else is a BadResource that says where it stops being one."""
    try:
        value = simplejson.loads(
            data.decode("utf-8"), parse_float=Number, parse_int=_integer, parse_constant=_constant
        )
    except UnicodeDecodeError as error:
        raise BadResource(
            f"The body is not UTF-8 text: byte {error.start} is {data[error.start]:#04x}."
        ) from error
    except simplejson.JSONDecodeError as error:
        raise BadResource(
            f"Malformed JSON at line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    except RecursionError as error:
        raise BadResource(TOO_DEEP) from error
    except (InvalidOperation, ValueError) as error:
        raise BadResource(f"Malformed JSON: {error}.") from error
    if not isinstance(value, dict):
        raise BadResource("The body must be a JSON object with a resourceType.")
    if too_deep(value):
        raise BadResource(TOO_DEEP)
    return value


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def dumps(value: Any) -> bytes:
    """Compact UTF-8; decimals digit for digit."""
    try:
        text = simplejson.dumps(value, ensure_ascii=False, separators=(",", ":"), use_decimal=True)
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadResource("A string holds half of a surrogate pair, which is no character.") from error
    except RecursionError as error:
        raise BadResource(TOO_DEEP) from error
