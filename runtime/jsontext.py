"""JSON without surprises: no duplicate keys, no NUL, no endless nesting, every digit as it was written.

Two parsers that disagree about a repeated key could see two different requests,
so a repeated key is refused. https://hl7.org/fhir/R4/json.html asks for the
precision of decimals to be kept: `1.50` must not become `1.5`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import simplejson

from runtime.errors import Malformed
from runtime.fhir.nesting import DEEPEST, too_deep

_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")


def parse(body: bytes) -> Any:
    """What a caller sent, for looking at: numbers become floats. Never write the result."""
    value = _load(body, exact=False)
    if too_deep(value):
        raise Malformed(f"The body is nested too deeply; allowed: {DEEPEST} levels.")
    if _ESCAPED.search(body) and any(_NO_CHARACTER.search(text) for text in _texts(value)):
        raise Malformed("A string holds NUL or half of a surrogate pair, which are no characters.")
    return value


def parse_exact(body: bytes) -> Any:
    """For writing again: numbers stay the text they were."""
    return _load(body, exact=True)


def write_exact(value: Any) -> bytes:
    return simplejson.dumps(value, ensure_ascii=False, separators=(",", ":"), use_decimal=True).encode()


def parse_object(body: bytes) -> dict[str, Any]:
    value = parse(body)
    if not isinstance(value, dict):
        raise Malformed("The body must be a JSON object.")
    return value


def _load(body: bytes, exact: bool) -> Any:
    try:
        text = body.decode("utf-8")
        if exact:
            return simplejson.loads(
                text,
                parse_float=simplejson.RawJSON,
                parse_int=simplejson.RawJSON,
                parse_constant=_constant,
                object_pairs_hook=_unique,
            )
        return json.loads(text, parse_constant=_constant, object_pairs_hook=_unique)
    except Malformed:
        raise
    except UnicodeDecodeError as error:
        raise Malformed("The body is not UTF-8.") from error
    except RecursionError as error:
        raise Malformed(f"The body is nested too deeply; allowed: {DEEPEST} levels.") from error
    except ValueError as error:
        line, column = getattr(error, "lineno", "?"), getattr(error, "colno", "?")
        raise Malformed(f"The body is not JSON: line {line}, column {column}.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Malformed("The body repeats a key within one object.")
    return value


def _constant(name: str) -> Any:
    raise Malformed(f"The body holds {name}, which is no JSON number.")


def _texts(value: Any) -> Iterator[str]:
    """Every string, names of members included."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
