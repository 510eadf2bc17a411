"""A tenant's audit trail: where it is read, and whether what was read is whole.

In the Healthcare API it is a store that the operator reads. In profile `private` it is a database on a
private address, and the tenant's endpoint gives it (`runtime/routes/trail.py`). The locked log bucket has it
as well, but cuts records that are long and knows nothing of their order.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import simplejson

_EXTENSION = "urn:careplane:audit:"
_GENESIS = "0" * 64
_PAGE = 500
_PASSES = 3
_PAUSE = 5.0
"""Seconds until it is read once more: what comes in meanwhile may be found in another order."""


class Searched(Protocol):
    """A FHIR endpoint."""

    @property
    def url(self) -> str: ...

    def get(self, url: str) -> dict[str, Any]: ...


@dataclass
class Chain:
    """Each event's hash covers its record and the hash before it; events may be added in any order.

    `_ends` and `_begins` are sums over the links' two ends: but for the first and the last they are the same.
    """

    count: int = 0
    unplaced: int = 0
    altered: int = 0
    first: tuple[int, str] = (0, "")
    last: tuple[int, str] = (0, "")
    _ends: int = field(default=0, repr=False)
    _begins: int = field(default=0, repr=False)

    def add(self, event: dict[str, Any]) -> None:
        told = {each["url"]: each.get("valueString") for each in event.get("extension", [])}
        sequence, previous, digest, record = (
            told.get(_EXTENSION + name) for name in ("sequence", "previous", "hash", "record")
        )
        if not (sequence and sequence.isdigit() and previous and digest and record):
            self.unplaced += 1
            return
        number, self.count = int(sequence), self.count + 1
        self.altered += hashlib.sha256(f"{previous}\n{record}".encode()).hexdigest() != digest
        self._ends = (self._ends + _sum(number, digest)) % (1 << 256)
        self._begins = (self._begins + _sum(number - 1, previous)) % (1 << 256)
        if self.count == 1 or number < self.first[0] + 1:
            self.first = number - 1, previous
        if number > self.last[0]:
            self.last = number, digest

    def flaws(self) -> list[str]:
        """What is wrong, in words; none where every event is there, in its place and as it was written."""
        found = []
        if self.unplaced:
            found.append(f"{self.unplaced} events have no place in the chain")
        if self.altered:
            found.append(f"{self.altered} events are not what their hash covers")
        if self.count and self.first != (0, _GENESIS):
            found.append(f"it begins at place {self.first[0] + 1}")
        between = self.last[0] - self.first[0]
        if self.count != between:
            found.append(f"{self.count} events stand in {between} places")
        elif (self._ends + _sum(*self.first) - self._begins - _sum(*self.last)) % (1 << 256):
            found.append("events do not follow each other")
        return found

    def told(self) -> dict[str, Any]:
        """For the manifest and the certificate."""
        return {"places": self.last[0], "head": self.last[1], "flaws": self.flaws()}


def _sum(number: int, digest: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{number} {digest}".encode()).digest(), "big")


@dataclass
class Reading:
    """Every event once, as it comes, until the chain is whole: at most three times over."""

    source: Searched
    pause: Callable[[float], None] = time.sleep
    chain: Chain = field(default_factory=Chain)
    _seen: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        return len(self._seen)

    def lines(self) -> Iterator[bytes]:
        for number in range(_PASSES):
            if number:
                self.pause(_PAUSE)
            for event in resources(self.source, f"{self.source.url}/AuditEvent?_count={_PAGE}"):
                if event["id"] not in self._seen:
                    self._seen.add(event["id"])
                    self.chain.add(event)
                    yield simplejson.dumps(event, use_decimal=True, ensure_ascii=False).encode()
            if not self.chain.flaws():
                return


def resources(source: Searched, url: str) -> Iterator[dict[str, Any]]:
    """Of all pages."""
    following: str | None = url
    while following:
        bundle = source.get(following)
        yield from (entry["resource"] for entry in bundle.get("entry", []))
        links = {link["relation"]: link["url"] for link in bundle.get("link", [])}
        following = links.get("next")
