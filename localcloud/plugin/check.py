"""Check: the inputs of one resource made complete, or the reasons why they cannot be."""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterator
from typing import Any

from localcloud.plugin.catalogue import Names, Property, Tree
from localcloud.plugin.kinds import PLACES, Json, Kind
from localcloud.plugin.values import UNKNOWN

Failure = tuple[str, str]
"""Property path and reason."""

_PROVIDER_KEYS = frozenset({"__defaults", "__internal"})


def check(
    kind: Kind, names: Names, news: Json, olds: Json, name: str, seed: bytes
) -> tuple[Json, list[Failure]]:
    """The inputs to create or update with."""
    inputs = {k: v for k, v in news.items() if k not in _PROVIDER_KEYS and v is not None}
    inputs = {k: _coerce(names.inputs.get(k), v) for k, v in inputs.items()}
    _autoname(kind, names, inputs, olds, name, seed)
    for path, value in kind.defaults.items():
        _default(inputs, path.split("."), value)
    return inputs, [*_failures(kind, names.inputs, inputs, ""), *_unaddressed(kind, names, inputs)]


def _unaddressed(kind: Kind, names: Names, inputs: Json) -> Iterator[Failure]:
    """Properties that the resource's address needs, though the SDK leaves them open."""
    for name in sorted(kind.parameters - PLACES - kind.computed):
        if name == "name" and inputs.get("namePrefix"):
            continue
        if name in names.inputs and not names.inputs[name].required and name not in inputs:
            yield name, f"{kind.token} needs the property {name!r}"


def _autoname(kind: Kind, names: Names, inputs: Json, olds: Json, name: str, seed: bytes) -> None:
    """A name that was not given is the logical one and seven random digits, and stays once chosen."""
    prop = names.inputs.get("name")
    if not kind.autoname or prop is None or prop.required or "name" in inputs or "namePrefix" in inputs:
        return
    digits = random.Random(seed or None).getrandbits(28)
    inputs["name"] = olds.get("name") or f"{name}-{digits:07x}"


def _default(values: Any, path: list[str], default: Any) -> None:
    if isinstance(values, list):
        for item in values:
            _default(item, path, default)
    elif isinstance(values, dict) and len(path) == 1:
        if values.get(path[0]) is None:
            values[path[0]] = default
    elif isinstance(values, dict):
        _default(values.get(path[0]), path[1:], default)


def _failures(kind: Kind, tree: Tree, values: Json, path: str) -> Iterator[Failure]:
    for name, value in values.items():
        if name not in tree:
            near = difflib.get_close_matches(name, tree, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield f"{path}{name}", f"{kind.token} has no property {path + name!r}{hint}"
        elif value is not None and value is not UNKNOWN:
            yield from _value_failures(kind, tree[name], value, f"{path}{name}")
    for prop in tree.values():
        if prop.required and values.get(prop.name) is None:
            yield f"{path}{prop.name}", f"{kind.token} needs the property {path + prop.name!r}"


def _value_failures(kind: Kind, prop: Property, value: Any, path: str) -> Iterator[Failure]:
    expected = {"[": list, "{": dict}.get(prop.kind[0], dict if prop.kind == "o" else object)
    if not isinstance(value, expected) or (prop.kind[-1] in _SCALARS and not _is_scalar(prop, value)):
        word = _WORDS[prop.kind[-1]]
        word = {"[": f"a list, each item {word}", "{": f"an object, each value {word}"}.get(
            prop.kind[0], word
        )
        yield path, f"{kind.token}: {path} must be {word}, not {value!r}"
    elif prop.tree is not None:
        for item in _items(prop, value):
            if isinstance(item, dict):
                yield from _failures(kind, prop.tree, item, f"{path}.")


def _is_scalar(prop: Property, value: Any) -> bool:
    scalar = _SCALARS[prop.kind[-1]]
    return all(v is UNKNOWN or v is None or isinstance(v, scalar) for v in _items(prop, value))


def _items(prop: Property, value: Any) -> list[Any]:
    if prop.is_list:
        return list(value)
    return list(value.values()) if prop.kind.startswith("{") else [value]


_SCALARS: dict[str, Any] = {"s": str, "i": int, "n": (int, float), "b": bool}
_WORDS = {
    "s": "a string",
    "i": "a whole number",
    "n": "a number",
    "b": "true or false",
    "o": "an object",
    "a": "any",
}


def _coerce(prop: Property | None, value: Any) -> Any:
    """What the published provider also takes for a number, a flag or a string."""
    if prop is None or value is UNKNOWN or value is None:
        return value
    if prop.kind.startswith("[") and isinstance(value, list):
        inner = Property(prop.name, prop.rest, False, prop.kind[1:], prop.tree)
        return [_coerce(inner, item) for item in value]
    if prop.tree is not None and isinstance(value, dict):
        if prop.kind == "{o":
            return {
                k: {n: _coerce(prop.tree.get(n), v) for n, v in item.items()} for k, item in value.items()
            }
        return {name: _coerce(prop.tree.get(name), item) for name, item in value.items() if item is not None}
    return _coerce_scalar(prop.kind, value)


def _coerce_scalar(kind: str, value: Any) -> Any:
    if kind == "s" and isinstance(value, bool):
        return str(value).lower()
    if kind == "s" and isinstance(value, (int, float)):
        return str(value)
    if kind == "b" and value in ("true", "false"):
        return value == "true"
    if kind in ("i", "n") and isinstance(value, str):
        try:
            return int(value) if kind == "i" else float(value)
        except ValueError:
            return value
    return value
