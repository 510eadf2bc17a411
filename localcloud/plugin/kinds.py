"""The words a row of the type tables is written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.plugin.crud import Behaviour

Json = dict[str, Any]


class _Unset:
    """Says "nothing here", where None is a value."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Any = _Unset()


@dataclass(frozen=True)
class Field:
    """Where a property departs from the rule: sent under its Terraform name unless empty, read back so."""

    wire: str | None = ""
    """Dotted path in Google's JSON; empty for the Terraform name; None for a property Google never sees."""

    always: Any = UNSET
    """Sent in place of an empty value, when the object around it is sent."""

    zero: Any = UNSET
    """Output when Google does not mention it; UNSET for the zero of its kind."""

    encode: Callable[[Any], Any] | None = None
    decode: Callable[[Any], Any] | None = None

    keep: bool = False
    """An object that is sent, and read back, even when it is empty."""

    update: bool = True
    """Sent on update as well as on creation."""

    written: bool = False
    """Sent but never answered (passwords): the output is what was given."""


def local(zero: Any = None) -> Field:
    """A property that only the provider knows."""
    return Field(wire=None, zero=zero)


def moved(wire: str, **more: Any) -> Field:
    return Field(wire=wire, **more)


def always(value: Any, **more: Any) -> Field:
    return Field(always=value, **more)


def zero(value: Any) -> Field:
    return Field(zero=value)


@dataclass(frozen=True)
class Kind:
    """One resource type: where Google keeps it and how its properties correspond."""

    token: str
    api: str
    """The service as in `gcp:<api>CustomEndpoint`."""

    path: str
    """Where it is read, relative to the endpoint (from the host's root with a leading slash)."""

    collection: str = ""
    """Where it is created; by default the path without its last segment."""

    create_verb: str = "POST"
    create_query: Mapping[str, str] = field(default_factory=dict)
    read_query: Mapping[str, str] = field(default_factory=dict)
    update_verb: str = "PATCH"
    mask: bool = True
    delete_query: Mapping[str, str] = field(default_factory=dict)

    id: str = ""
    """Format of the Pulumi id; by default the path."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that are filled in when absent, by dotted property path."""

    replace: frozenset[str] = frozenset()
    """Properties whose change makes a new resource; those in the path always do."""

    computed: frozenset[str] = frozenset()
    """Properties that Google chooses when the program does not."""

    equal: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    """When two values of a property mean the same, by dotted property path."""

    attribution: bool = True
    """Whether labels get `goog-pulumi-provisioned`."""

    set_labels: bool = False
    """Labels are set once more by `setLabels` after creation, as Compute Engine's older resources need."""

    autoname: bool = True
    protection: str = ""
    """Property that must be false before deletion."""

    behaviour: type[Behaviour] | None = None

    @property
    def product(self) -> str:
        return product(self.token)

    @property
    def parameters(self) -> frozenset[str]:
        """Properties that the address is made of."""
        return frozenset(re.findall(r"{(\w+)", self.path + self.collection))

    def replaces(self, path: str) -> bool:
        """Whether a change at a dotted property path needs a new resource."""
        return bool(_prefixes(path) & (self.replace | self.parameters))

    def computes(self, path: str) -> bool:
        return bool(_prefixes(path) & (self.computed | PLACES))


PLACES = frozenset({"project", "region", "zone", "location"})
"""Properties that the provider's configuration stands in for."""


def _prefixes(path: str) -> set[str]:
    parts = path.split(".")
    return {".".join(parts[: n + 1]) for n in range(len(parts))}


def product(token: str) -> str:
    """`kms` of `gcp:kms/keyRing:KeyRing`."""
    return token.split(":")[1].split("/")[0].lower()
