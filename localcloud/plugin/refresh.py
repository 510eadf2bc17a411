"""The inputs of a resource as Google now has it: drift becomes a change of inputs."""

from __future__ import annotations

from typing import Any

from localcloud.plugin import diff
from localcloud.plugin.catalogue import Names
from localcloud.plugin.kinds import Json, Kind


def drifted(old_inputs: Json, olds: Json, news: Json) -> Json:
    """Old inputs, changed only where the outputs changed: Google's spelling of the same thing is no drift."""
    return {name: _project(value, olds.get(name), news.get(name)) for name, value in old_inputs.items()}


def imported(kind: Kind, names: Names, outputs: Json) -> Json:
    """Inputs that would make a resource like this one: all that is not empty."""
    given = {name: _prune(outputs.get(name)) for name in names.inputs}
    local = {name for name, rule in kind.fields.items() if rule.wire is None}
    return {name: value for name, value in given.items() if _wanted(kind, local, name, value)}


def _wanted(kind: Kind, local: set[str], name: str, value: Any) -> bool:
    """False says something where the default is true."""
    return value not in _EMPTY or name in local or (value is False and name in kind.defaults)


_EMPTY: tuple[Any, ...] = (None, "", 0, False, [], {})


def _project(given: Any, old: Any, new: Any) -> Any:
    if diff.same(old, new):
        return given
    if isinstance(given, dict) and isinstance(old, dict) and isinstance(new, dict):
        kept = {k: _project(v, old.get(k), new.get(k)) for k, v in given.items()}
        added = {k: _prune(v) for k, v in new.items() if k not in given and not diff.same(old.get(k), v)}
        return {k: v for k, v in {**kept, **added}.items() if v is not None}
    if (
        isinstance(given, list)
        and isinstance(old, list)
        and isinstance(new, list)
        and len(given) == len(new) == len(old)
    ):
        return [_project(*items) for items in zip(given, old, new, strict=True)]
    return _prune(new)


def _prune(value: Any) -> Any:
    if isinstance(value, dict):
        pruned = {k: _prune(v) for k, v in value.items()}
        return {k: v for k, v in pruned.items() if v not in _EMPTY}
    return [_prune(v) for v in value] if isinstance(value, list) else value
