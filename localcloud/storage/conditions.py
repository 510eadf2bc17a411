"""Preconditions of requests (https://cloud.google.com/storage/docs/request-preconditions)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.api import ApiError, Json
from localcloud.storage.errors import condition_not_met


@dataclass(frozen=True)
class Conditions:
    """What must hold of the object that is there; generation 0 stands for none."""

    generation: int | None = None
    not_generation: int | None = None
    metageneration: int | None = None
    not_metageneration: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, str], source: str = "") -> Conditions:
        """From `ifGenerationMatch` and its kin; `source="Source"` reads `ifSourceGenerationMatch`."""
        names = ("GenerationMatch", "GenerationNotMatch", "MetagenerationMatch", "MetagenerationNotMatch")
        return cls(*(_number(query, f"if{source}{name}") for name in names))

    def require(self, found: Json | None) -> None:
        """Raise 412 unless all hold; a negated one that fails is 304 for readers (`reading`)."""
        if not self.hold(found):
            raise condition_not_met()

    def hold(self, found: Json | None) -> bool:
        generation = int(found["generation"]) if found else 0
        metageneration = int(found["metageneration"]) if found else 0
        return (
            self.generation in (None, generation)
            and (self.not_generation is None or self.not_generation != generation)
            and self.metageneration in (None, metageneration)
            and (self.not_metageneration is None or self.not_metageneration != metageneration)
        )

    @property
    def negated(self) -> bool:
        return self.not_generation is not None or self.not_metageneration is not None


def _number(query: Mapping[str, str], key: str) -> int | None:
    given = query.get(key)
    if given is None or given == "":
        return None
    if not given.isdigit():
        raise ApiError(400, f"Invalid argument: {key} must be a number, not {given!r}.", reason="invalid")
    return int(given)


def flag(query: Mapping[str, str], key: str) -> bool:
    """A boolean of the query; Google's Python client writes `True`."""
    return query.get(key, "").lower() == "true"
