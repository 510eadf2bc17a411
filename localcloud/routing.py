"""From verb and path to a discovery method, through a tree of path segments; literals win over variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import unquote

from localcloud.discovery import Method, document
from localcloud.ports import APIS

_VARIABLE = re.compile(r"\{\+?(\w+)\}")


@dataclass
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    rest: dict[str, Method] = field(default_factory=dict)
    """Methods whose last variable takes all that follows (`{path...}`), by verb."""
    methods: dict[tuple[str, str], Method] = field(default_factory=dict)
    """By HTTP verb and custom verb (`getIamPolicy`, or empty)."""


@dataclass(frozen=True)
class Match:
    """A method and the decoded segments of the path that led to it, without the custom verb."""

    method: Method
    segments: tuple[str, ...]

    @property
    def name(self) -> str:
        return "/".join(self.segments[self.method.name_start : self.method.name_end])

    @property
    def params(self) -> dict[str, str]:
        """Flat variables by name (`keyRingsId`) and reserved ones (`name`, `parent`, `resource`) in full."""
        found = {}
        for position, part in enumerate(template_segments(self.method)[0]):
            variable = _VARIABLE.fullmatch(part)
            if variable and position < len(self.segments):
                found[variable[1]] = self.segments[position]
            elif part.endswith("...}"):
                found[part[1:-4]] = "/".join(self.segments[position:])
        reserved = _pattern(self.method.path).fullmatch("/".join(self.segments))
        return found | (reserved.groupdict() if reserved else {})


@cache
def template_segments(method: Method) -> tuple[tuple[str, ...], str]:
    """The template's segments without its custom verb, and the custom verb."""
    segments = method.template.split("/")
    head, colon, verb = segments[-1].rpartition(":")
    if colon and "}" not in verb:
        return (*segments[:-1], head), verb
    return tuple(segments), ""


@cache
def _pattern(path: str) -> re.Pattern[str]:
    """The path with `{+name}` as a pattern that gives each variable its value; the custom verb is cut off."""
    path = re.sub(r":\w+$", "", path)
    out = ""
    for piece in re.split(r"(\{\+?\w+\})", path):
        variable = _VARIABLE.fullmatch(piece)
        if variable is None:
            out += re.escape(piece)
        else:
            out += f"(?P<{variable[1]}>.+)" if "+" in piece else f"(?P<{variable[1]}>[^/]+)"
    return re.compile(out)


class Router:
    """The routes of one API over all its versions."""

    def __init__(self, methods: Sequence[Method]) -> None:
        self._root = _Node()
        for method in methods:
            self.add(method)

    def add(self, method: Method) -> None:
        """The first of two methods with the same shape stays."""
        segments, verb = template_segments(method)
        node = self._root
        for part in segments:
            if part.endswith("...}"):
                node.rest[method.verb] = method
                return
            node = self._child(node, part)
        node.methods.setdefault((method.verb, verb), method)

    @staticmethod
    def _child(node: _Node, part: str) -> _Node:
        if part.startswith("{"):
            node.variable = node.variable or _Node()
            return node.variable
        return node.literals.setdefault(part, _Node())

    def match(self, verb: str, raw_path: str) -> Match | None:
        """The method for an undecoded path, if there is one."""
        segments = raw_path.lstrip("/").split("/")
        head, colon, custom = segments[-1].rpartition(":")
        if colon:
            found = self._find(verb, custom, [*segments[:-1], head])
            if found:
                return found
        return self._find(verb, "", segments)

    def _find(self, verb: str, custom: str, segments: list[str]) -> Match | None:
        method = next(self._methods(self._root, verb, custom, segments, 0), None)
        return Match(method, tuple(unquote(part) for part in segments)) if method else None

    def _methods(self, node: _Node, verb: str, custom: str, segments: list[str], at: int) -> Iterator[Method]:
        if at == len(segments):
            if (verb, custom) in node.methods:
                yield node.methods[verb, custom]
            return
        part = segments[at]
        if part in node.literals:
            yield from self._methods(node.literals[part], verb, custom, segments, at + 1)
        if node.variable and part:
            yield from self._methods(node.variable, verb, custom, segments, at + 1)
        if verb in node.rest and not custom:
            yield node.rest[verb]


@cache
def router(api: str) -> Router:
    """The router of one API: all its versions in ports.py, plus routes that services added."""
    from localcloud.registry import ROUTES

    versions = next(a.versions for a in APIS if a.name == api)
    return Router([*ROUTES.get(api, ()), *(m for v in versions for m in document(api, v).methods)])
