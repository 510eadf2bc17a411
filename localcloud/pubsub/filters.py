"""Subscription filters (https://cloud.google.com/pubsub/docs/subscription-message-filter).

filter     = term { ("AND" | "OR") term }          one kind of operator per level, as Google asks
term       = ["NOT" | "-"] ( "(" filter ")" | comparison )
comparison = "attributes:" key | "attributes." key ("=" | "!=") string
           | "hasPrefix(attributes." key "," string ")"
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from localcloud.api import ApiError

Test = Callable[[Mapping[str, str]], bool]

_TOKEN = re.compile(
    r'\s*(hasPrefix|attributes|AND\b|OR\b|NOT\b|!=|[=().,:-]|"(?:[^"\\]|\\.)*"|[A-Za-z0-9_]+)'
)


@lru_cache(maxsize=512)
def compiled(text: str) -> Test:
    """The filter as a function of a message's attributes; a bad one is Google's 400."""
    if len(text) > 256:
        raise ApiError(400, "Invalid filter: it may have at most 256 characters.")
    parser = _Parser(text)
    test = parser.filter()
    if parser.tokens:
        raise parser.error(f"unexpected {parser.tokens[0]!r}")
    return test


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.error(f"unexpected {text[position:].strip()[0]!r}")
            self.tokens.append(match[1])
            position = match.end()

    def error(self, why: str) -> ApiError:
        return ApiError(400, f"Invalid filter {self.text!r}: {why}.")

    def filter(self) -> Test:
        terms, operators = [self.term()], set()
        while self.tokens and self.tokens[0] in ("AND", "OR"):
            operators.add(self.tokens.pop(0))
            terms.append(self.term())
        if len(operators) > 1:
            raise self.error("AND and OR need parentheses")
        fold = any if "OR" in operators else all
        return lambda attributes: fold(test(attributes) for test in terms)

    def term(self) -> Test:
        if self.tokens and self.tokens[0] in ("NOT", "-"):
            self.tokens.pop(0)
            inner = self.term()
            return lambda attributes: not inner(attributes)
        if self.tokens and self.tokens[0] == "(":
            self.take("(")
            inner = self.filter()
            self.take(")")
            return inner
        return self.comparison()

    def comparison(self) -> Test:
        if self.tokens and self.tokens[0] == "hasPrefix":
            return self.prefix()
        self.take("attributes")
        if self.tokens and self.tokens[0] == ":":
            self.take(":")
            key = self.key()
            return lambda attributes: key in attributes
        self.take(".")
        key = self.key()
        operator = self.take("=", "!=")
        value = self.string()
        if operator == "=":
            return lambda attributes: attributes.get(key) == value
        return lambda attributes: attributes.get(key) != value

    def prefix(self) -> Test:
        for token in ("hasPrefix", "(", "attributes", "."):
            self.take(token)
        key = self.key()
        self.take(",")
        value = self.string()
        self.take(")")
        return lambda attributes: attributes.get(key, "").startswith(value)

    def key(self) -> str:
        token = self.take()
        return str(json.loads(token)) if token.startswith('"') else token

    def string(self) -> str:
        token = self.take()
        if not token.startswith('"'):
            raise self.error(f"expected a string in double quotes, not {token!r}")
        return str(json.loads(token))

    def take(self, *expected: str) -> str:
        if not self.tokens:
            raise self.error("it ends too early")
        if expected and self.tokens[0] not in expected:
            raise self.error(f"expected {' or '.join(expected)}, not {self.tokens[0]!r}")
        return self.tokens.pop(0)
