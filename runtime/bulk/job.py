"""One export, as it was asked for and as far as it has come.

There is no worker behind it. The row that the kick-off leaves says what is to be exported and as of when
(`transaction_time`, this service's clock); its resources are counted while its status is asked for, and read
from the store while a file is downloaded. So any instance serves any of its requests, a process that is
killed takes nothing with it but the answer under way, and no copy of a record lies anywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from runtime.scopes import Need

KEPT = timedelta(hours=24)
"""How long an export can be asked for."""
SETTLES = timedelta(seconds=5)
"""How long after its kick-off what was written before may still be on its way: into PostgreSQL by a
transaction that has its time already, into Google's search by an index that is written behind
(https://cloud.google.com/healthcare-api/docs/reference/rest/v1/projects.locations.datasets.fhirStores.fhir/search-type).
"""


@dataclass(frozen=True)
class Progress:
    """`counted` has the number of resources by type, None where it is not known for sure; `open` how many
    were counted so far of a type, and the query for the next page of it."""

    counted: dict[str, int | None] = field(default_factory=dict)
    open: dict[str, tuple[int, str]] = field(default_factory=dict)

    def text(self) -> str:
        return json.dumps({"counted": self.counted, "open": self.open}, sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> Progress:
        found = json.loads(text)
        return cls(found["counted"], {kind: (n, query) for kind, (n, query) in found["open"].items()})


@dataclass(frozen=True)
class ExportJob:
    """`request` is the address that was asked, `elements` what is left of each resource (all, if empty)."""

    id: UUID
    client_id: str
    request: str
    transaction_time: datetime
    since: datetime | None
    kinds: tuple[str, ...]
    elements: tuple[str, ...] = ()
    progress: Progress = field(default_factory=Progress)

    @property
    def expires(self) -> datetime:
        return self.transaction_time + KEPT

    @property
    def pending(self) -> list[str]:
        """Types whose resources are not counted yet."""
        return [kind for kind in self.kinds if kind not in self.progress.counted]

    @property
    def files(self) -> dict[str, int | None]:
        """Types that have resources, with their number."""
        return {kind: count for kind, count in self.progress.counted.items() if count != 0}

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(need for kind in self.kinds for need in needs(kind))


def needs(kind: str) -> tuple[Need, ...]:
    """To export a type is to search for everything of it, and to read that."""
    return ((kind, "r"), (kind, "s"))
