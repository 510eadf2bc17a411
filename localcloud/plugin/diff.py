"""Diff: what changed between the inputs of two runs, and whether that needs a new resource."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localcloud.plugin.kinds import Json, Kind
from localcloud.plugin.values import has_unknown

Steps = tuple[str | int, ...]
_MISSING: Any = object()
_ZEROS: tuple[Any, ...] = (None, "", 0, False, [], {})


@dataclass(frozen=True)
class Change:
    """One changed property: `path` in Pulumi's notation (`rules[0].action`)."""

    path: str
    kind: str
    """add, delete or update."""

    replaces: bool


def changes(kind: Kind, old: Json, new: Json, outputs: Json) -> list[Change]:
    """Every changed property; what Google already has, or chose because nobody said, is none."""
    found = _walk(kind, old, new, ())
    return [
        Change(_path(steps), word, kind.replaces(_dotted(steps)))
        for steps, word, was, wanted in found
        if not _settled(kind, steps, word, was, wanted, outputs)
    ]


def changed_properties(old: Json, new: Json) -> set[str]:
    """Names of the top-level properties that differ."""
    return {name for name in old.keys() | new.keys() if not same(old.get(name), new.get(name))}


def same(old: Any, new: Any) -> bool:
    return not any(True for _ in _walk(None, old, new, ()))


def as_set(old: Any, new: Any) -> bool:
    """Equality of lists whose order means nothing."""
    if not isinstance(old, list) or not isinstance(new, list) or has_unknown(new):
        return False
    rest = list(old)
    for item in new:
        match = next((n for n, other in enumerate(rest) if same(other, item)), None)
        if match is None:
            return False
        del rest[match]
    return not rest


def reference(old: Any, new: Any) -> bool:
    """Equality of names of resources: by name alone, by path, or by address of whatever version."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    long, short = sorted((_relative(old), _relative(new)), key=len, reverse=True)
    return long == short or long.endswith(f"/{short}")


def _relative(link: str) -> str:
    return re.sub(r"^(https?:)?//[^/]+/(compute/)?((v1|beta|alpha)/)?", "", link)


def _settled(kind: Kind, steps: Steps, word: str, was: Any, wanted: Any, outputs: Json) -> bool:
    dotted = _dotted(steps)
    if word == "delete":
        return kind.computes(dotted) or was in _ZEROS or was == _default(kind, dotted)
    if has_unknown(wanted):
        return False
    answered = _at_steps(outputs, steps)
    if answered in _ZEROS and wanted in (*_ZEROS, kind.defaults.get(dotted, _MISSING)):
        return word == "add"
    return answered is not _MISSING and same(answered, wanted)


def _default(kind: Kind, dotted: str) -> Any:
    rule = kind.fields.get(dotted)
    return "DELETE" if dotted == "deletionPolicy" else rule.zero if rule else _MISSING


def _walk(kind: Kind | None, old: Any, new: Any, steps: Steps) -> Iterator[tuple[Steps, str, Any, Any]]:
    if kind and (rule := kind.equal.get(_dotted(steps))) and rule(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _walk(kind, old.get(key, _MISSING), new.get(key, _MISSING), (*steps, key))
    elif isinstance(old, list) and isinstance(new, list) and (old or new):
        for n in range(max(len(old), len(new))):
            yield from _walk(kind, _at(old, n), _at(new, n), (*steps, n))
    elif word := _word(old, new):
        yield steps, word, old, new


def _word(old: Any, new: Any) -> str:
    if _absent(old) or _absent(new):
        return "" if _absent(old) and _absent(new) else "add" if _absent(old) else "delete"
    differs = has_unknown(new) or isinstance(old, bool) is not isinstance(new, bool) or old != new
    return "update" if differs else ""


def _absent(value: Any) -> bool:
    """Google and Terraform tell neither null nor an empty list from nothing."""
    return value is _MISSING or value is None or value == []


def _at(values: list[Any], n: int) -> Any:
    return values[n] if n < len(values) else _MISSING


def _at_steps(value: Any, steps: Steps) -> Any:
    for step in steps:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step, _MISSING)
        elif isinstance(value, list) and isinstance(step, int):
            value = _at(value, step)
        else:
            return _MISSING
    return value


def _dotted(steps: Steps) -> str:
    return ".".join(step for step in steps if isinstance(step, str))


def _path(steps: Steps) -> str:
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif not re.fullmatch(r"\w+", step):
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text
