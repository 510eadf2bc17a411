"""Finds the row of a type; loads only the product modules that a program uses."""

from __future__ import annotations

import difflib
import json
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from localcloud.plugin import types
from localcloud.plugin.kinds import Kind, product

Tree = dict[str, "Property"]


class UnknownType(LookupError):
    """A resource type that has no row."""

    def __init__(self, token: str) -> None:
        near = difflib.get_close_matches(token, tokens(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        super().__init__(f"resource type {token} is not supported by localcloud's gcp plugin{hint}")
        self.token = token


@dataclass(frozen=True)
class Property:
    """One property: `kind` is s, i, n, b or a, prefixed [ for lists and { for maps; objects have a `tree`.

    A prefix 1 means a list of at most one at Google's, which Pulumi shows as its item.
    """

    name: str
    rest: str
    required: bool
    kind: str
    tree: Tree | None = None

    @property
    def is_list(self) -> bool:
        return self.kind.startswith("[")


@dataclass(frozen=True)
class Names:
    """The properties of one type."""

    terraform: str
    inputs: Tree
    outputs: Tree
    secrets: frozenset[str]

    @property
    def all(self) -> Tree:
        return {**self.inputs, **self.outputs}


@cache
def kind_of(token: str) -> Kind:
    if product(token) in _products():
        for kind in import_module(f"{types.__name__}.{product(token)}").KINDS:
            if kind.token == token:
                return kind  # type: ignore[no-any-return]
    raise UnknownType(token)


@cache
def names_of(token: str) -> Names:
    entry = _file()["types"][token]
    secrets = frozenset(entry["secrets"])
    return Names(entry["terraform"], _tree(entry["inputs"]), _tree(entry["outputs"]), secrets)


def provider_keys() -> frozenset[str]:
    return frozenset(_file()["config"])


def version() -> str:
    """The version of the SDK that the names were taken from."""
    return str(_file()["version"])


@cache
def tokens() -> tuple[str, ...]:
    modules = (import_module(f"{types.__name__}.{name}") for name in _products())
    return tuple(sorted(kind.token for module in modules for kind in module.KINDS))


@cache
def _products() -> tuple[str, ...]:
    return tuple(module.name for module in pkgutil.iter_modules(types.__path__))


@cache
def _file() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("names.json").read_text())  # type: ignore[no-any-return]


def _tree(entries: dict[str, Any]) -> Tree:
    found = (_property(key, kind) for key, kind in entries.items())
    return {p.name: p for p in found}


def _property(key: str, kind: Any) -> Property:
    name, _, rest = key.rstrip("!").partition("=")
    required = key.endswith("!")
    if isinstance(kind, str):
        return Property(name, rest or name, required, kind)
    prefix, inner = (
        ("[", kind[0]) if isinstance(kind, list) else ("{", kind["*"]) if "*" in kind else ("", kind)
    )
    if isinstance(inner, list):  # a list of lists occurs nowhere that this plugin goes
        return Property(name, rest or name, required, "a")
    return Property(name, rest or name, required, f"{prefix}o", _tree(inner))
