"""Outputs before anything exists: what is given, and unknown what only Google can say."""

from __future__ import annotations

from localcloud.plugin.catalogue import Names
from localcloud.plugin.kinds import Json, Kind
from localcloud.plugin.values import UNKNOWN


def created(kind: Kind, names: Names, inputs: Json) -> Json:
    """Outputs of a resource that `up` would create."""
    return {**dict.fromkeys(names.outputs, UNKNOWN), **_unset(kind, names, inputs), **inputs}


def updated(names: Names, olds: Json, inputs: Json) -> Json:
    """Outputs of a resource that `up` would change."""
    kept = {name: value for name, value in olds.items() if name in names.outputs or name == "id"}
    return {**kept, **inputs}


def _unset(kind: Kind, names: Names, inputs: Json) -> Json:
    """Inputs that the program left to Google, such as the project or an address."""
    return {name: UNKNOWN for name in names.inputs if name not in inputs and kind.computes(name)}
