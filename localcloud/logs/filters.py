"""The Logging query language, as far as its comparisons go
(https://cloud.google.com/logging/docs/view/logging-query-language).

    query      = disjunct { ["AND"] disjunct }            a line break or a space is AND
    disjunct   = term { "OR" term }                       OR binds closer than AND, as on Google
    term       = ["NOT" | "-"] ( "(" query ")" | comparison | text )
    comparison = field operator ( value | "(" value { ("OR" | "AND") value } ")" )
    operator   = "=" | "!=" | ":" | "=~" | "!~" | "<" | "<=" | ">" | ">="

`log_id("…")` is understood. Not offered: `sample`, `ip_in_net`, `SEARCH`, `cast`. Text compares without
regard to case, as on Google, but for regular expressions; a field that is missing fits no comparison.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from localcloud.api import ApiError, Json
from localcloud.timestamps import parse

Test = Callable[[Json], bool]

SEVERITIES = {
    "DEFAULT": 0,
    "DEBUG": 100,
    "INFO": 200,
    "NOTICE": 300,
    "WARNING": 400,
    "ERROR": 500,
    "CRITICAL": 600,
    "ALERT": 700,
    "EMERGENCY": 800,
}
_TOKEN = re.compile(
    r"""\s*(--[^\n]*|"(?:[^"\\]|\\.)*"|!=|=~|!~|<=|>=|[=:<>()]|-(?=[\w("])|[^\s=!:<>()"]+(?:"[^"]*")?[^\s=!:<>()"]*)"""
)
_OPERATORS = ("=", "!=", ":", "=~", "!~", "<", "<=", ">", ">=")


@lru_cache(maxsize=256)
def compiled(text: str) -> Test:
    """The query as a function of an entry; an empty one accepts all, a bad one is 400."""
    if len(text) > 20_000:
        raise ApiError(400, "The filter may have at most 20000 characters.")
    parser = _Parser(text)
    if not parser.tokens:
        return lambda entry: True
    test = parser.query()
    if parser.tokens:
        raise parser.error(f"unexpected {parser.tokens[0]!r}")
    return test


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._split(text))

    def _split(self, text: str) -> Iterator[str]:
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.error(f"unexpected {text[position:].strip()[0]!r}")
            position = match.end()
            if not match[1].startswith("--"):
                yield match[1]

    def error(self, why: str) -> ApiError:
        return ApiError(400, f"Unparseable filter: {why} in {self.text!r}.")

    def take(self, *expected: str) -> str:
        if not self.tokens:
            raise self.error("it ends too early")
        if expected and self.tokens[0] not in expected:
            raise self.error(f"expected {' or '.join(expected)} before {self.tokens[0]!r}")
        return self.tokens.pop(0)

    def query(self) -> Test:
        tests = [self.disjunct()]
        while self.tokens and self.tokens[0] != ")":
            if self.tokens[0] == "AND":
                self.take("AND")
            tests.append(self.disjunct())
        return tests[0] if len(tests) == 1 else lambda entry: all(test(entry) for test in tests)

    def disjunct(self) -> Test:
        tests = [self.term()]
        while self.tokens and self.tokens[0] == "OR":
            self.take("OR")
            tests.append(self.term())
        return tests[0] if len(tests) == 1 else lambda entry: any(test(entry) for test in tests)

    def term(self) -> Test:
        if self.tokens and self.tokens[0] in ("NOT", "-"):
            self.take()
            inner = self.term()
            return lambda entry: not inner(entry)
        if self.tokens and self.tokens[0] == "(":
            self.take("(")
            inner = self.query()
            self.take(")")
            return inner
        return self.comparison()

    def comparison(self) -> Test:
        left = self.take()
        if left in ("AND", "OR", ")", *_OPERATORS):
            raise self.error(f"unexpected {left!r}")
        if left in ("sample", "ip_in_net", "SEARCH", "cast") and self.tokens[:1] == ["("]:
            raise ApiError(501, f"The filter function {left} is not offered here.")
        if left == "log_id" and self.tokens[:1] == ["("]:
            self.take("(")
            wanted = _unquoted(self.take())
            self.take(")")
            return lambda entry: _log_id(entry) == wanted
        if not self.tokens or self.tokens[0] not in _OPERATORS:
            return _text_search(_unquoted(left))
        path, operator = _path(left), self.take()
        return self._values(lambda value: _comparison(path, operator, value))

    def _values(self, build: Callable[[str], Test]) -> Test:
        """One value, or a bracket of them."""
        if self.tokens[:1] != ["("]:
            return build(_unquoted(self.take()))
        self.take("(")
        tests, joints = [build(_unquoted(self.take()))], set()
        while self.tokens[:1] != [")"]:
            joints.add(self.take("OR", "AND"))
            tests.append(build(_unquoted(self.take())))
        self.take(")")
        fold = all if joints == {"AND"} else any
        return lambda entry: fold(test(entry) for test in tests)


def _unquoted(token: str) -> str:
    return str(json.loads(token, strict=False)) if token.startswith('"') else token


def _path(token: str) -> tuple[str, ...]:
    """`labels."a.b".c` in parts; snake case is Logging's other spelling."""
    parts = re.findall(r'"([^"]*)"|([^."]+)', token)
    return tuple(quoted or plain for quoted, plain in parts)


def values(entry: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Every value at the path; lists are looked into."""
    if not path:
        yield from entry if isinstance(entry, list) else (entry,)
    elif isinstance(entry, list):
        for member in entry:
            yield from values(member, path)
    elif isinstance(entry, dict):
        for key in {path[0], re.sub(r"_(\w)", lambda m: m[1].upper(), path[0])}:
            if key in entry:
                yield from values(entry[key], path[1:])


def _comparison(path: tuple[str, ...], operator: str, wanted: str) -> Test:
    if operator in ("=~", "!~"):
        try:
            pattern = re.compile(wanted)
        except re.error as error:
            raise ApiError(
                400, f"Unparseable filter: {wanted!r} is no regular expression: {error}."
            ) from error
        expected = operator == "=~"
        return lambda entry: any(bool(pattern.search(_text(v))) == expected for v in values(entry, path))
    if path == ("severity",):
        level = severity(wanted)
        return lambda entry: _ordered(operator, severity(entry.get("severity")), level)
    if path[-1] in ("timestamp", "receiveTimestamp", "receive_timestamp"):
        moment = _moment(wanted)
        return lambda entry: any(_ordered(operator, parse(v), moment) for v in values(entry, path))
    return lambda entry: any(_holds(operator, value, wanted) for value in values(entry, path))


def _moment(text: str) -> Any:
    return parse(text if "T" in text else f"{text}T00:00:00Z", "filter.timestamp")


def severity(given: Any) -> int:
    """A severity by name or number."""
    if isinstance(given, int) or (isinstance(given, str) and given.isdigit()):
        return int(given)
    name = str(given or "DEFAULT").upper()
    if name not in SEVERITIES:
        raise ApiError(400, f"severity: {given!r} is not allowed; allowed: {', '.join(SEVERITIES)}.")
    return SEVERITIES[name]


def _ordered(operator: str, left: Any, right: Any) -> bool:
    results = {
        "=": left == right,
        ":": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }
    return bool(results[operator])


def _holds(operator: str, value: Any, wanted: str) -> bool:
    if operator == ":":
        return wanted == "*" or wanted.lower() in _text(value).lower()
    if operator in ("=", "!="):
        return (_text(value).lower() == wanted.lower()) == (operator == "=")
    try:
        return _ordered(operator, float(_text(value)), float(wanted))
    except ValueError:
        return _ordered(operator, _text(value), wanted)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _text_search(wanted: str) -> Test:
    """Bare text is looked for in every value."""
    return lambda entry: any(wanted.lower() in leaf.lower() for leaf in _leaves(entry))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _leaves(member)
    else:
        yield _text(value)


def _log_id(entry: Json) -> str:
    return unquote(str(entry.get("logName", "")).partition("/logs/")[2])
