"""SMART system scopes, versions 1 and 2 (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html).

`system/Patient.rs` is version 2: letters of `cruds` in that order. `.read`,
`.write` and `.*` are version 1 and mean `rs`, `cud` and `cruds`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from runtime.errors import OutOfScope
from runtime.resource_types import RESOURCE_TYPES

LETTERS = "cruds"
_SCOPE = re.compile(r"system/(?P<type>[A-Za-z]+|\*)\.(?P<access>read|write|\*|c?r?u?d?s?)")
_VERSION_1 = {"read": "rs", "write": "cud", "*": LETTERS}
Need = tuple[str, str]
"""A resource type, or `*` for every one, and one letter of `cruds`."""


class ScopeError(ValueError):
    """A scope that is not granted by this server."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"scope {given!r} is unknown; allowed: system/TYPE.cruds (or a part of cruds), read, write or *"
        )
        self.given = given


@dataclass(frozen=True)
class Scopes:
    """What a token allows: pairs of type and letter."""

    grants: frozenset[Need]

    @classmethod
    def parse(cls, text: str) -> Scopes:
        return cls(frozenset(grant for scope in text.split() for grant in _grants(scope)))

    def allows(self, need: Need) -> bool:
        kind, letter = need
        return ("*", letter) in self.grants or (kind, letter) in self.grants

    def require(self, needs: Iterable[Need]) -> None:
        for need in needs:
            if not self.allows(need):
                raise OutOfScope(f"system/{need[0]}.{need[1]}")

    def sees_everything(self) -> bool:
        return ("*", "r") in self.grants and ("*", "s") in self.grants

    def limited_to(self, registered: Scopes) -> Scopes:
        """What both allow."""
        both = {need for need in self.grants if registered.allows(need)}
        both |= {need for need in registered.grants if self.allows(need)}
        return Scopes(frozenset(both))

    def text(self) -> str:
        kinds = sorted({kind for kind, _ in self.grants})
        return " ".join(
            f"system/{kind}." + "".join(c for c in LETTERS if (kind, c) in self.grants) for kind in kinds
        )


def _grants(scope: str) -> Iterable[Need]:
    match = _SCOPE.fullmatch(scope)
    if match is None or not match["access"] or (match["type"] != "*" and match["type"] not in RESOURCE_TYPES):
        raise ScopeError(scope)
    return [(match["type"], letter) for letter in _VERSION_1.get(match["access"], match["access"])]
