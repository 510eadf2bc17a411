"""Bulk data export of a tenant's endpoint: kick-off, status, files (https://hl7.org/fhir/uv/bulkdata/STU2/)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from infra.cli.errors import CliError

WAIT_SECONDS = 3600
"""How long an export may take to be complete."""
_ATTEMPTS = 3
_BLOCK = 1 << 16
_NEAR = 60
"""Seconds before its end at which an access token is renewed; one that does not say its end, after 240."""


class ExportFailed(CliError):
    """Something could not be read, or was not what it should be; nothing was destroyed."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"export of {what}: {why}")


@dataclass
class Marks:
    """How many things there are and a sum over them, whatever their order: the same for the same set only."""

    count: int = 0
    sum: int = 0

    def add(self, *parts: object) -> None:
        digest = hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).digest()
        self.count, self.sum = self.count + 1, (self.sum + int.from_bytes(digest, "big")) % (1 << 256)

    def told(self) -> dict[str, Any]:
        return {"count": self.count, "sum": f"{self.sum:064x}"}


def difference(then: dict[str, Any] | None, now: dict[str, Any] | None) -> str:
    """What became of a set since it was exported, in words; empty where it is the same."""
    before, after = (then or {}).get("count", 0), (now or {}).get("count", 0)
    if before != after:
        return f"{before} were exported, {after} are there"
    return (
        ""
        if then == now or not before
        else f"{before} were exported and are there, but not the same versions"
    )


@dataclass(frozen=True)
class File:
    """All resources of a type; `count` is None where the server could not say how many for sure."""

    kind: str
    url: str
    count: int | None


@dataclass(frozen=True)
class Manifest:
    transaction_time: str
    files: tuple[File, ...]

    @classmethod
    def parse(cls, found: dict[str, Any]) -> Manifest:
        files = (File(each["type"], each["url"], each.get("count")) for each in found["output"])
        return cls(found["transactionTime"], tuple(files))


@dataclass
class Bearer:
    """An access token from whatever gives one, renewed before it ends."""

    give: Callable[[], str]
    clock: Callable[[], float] = time.time
    _token: str = ""
    _ends: float = field(default=0.0)

    def token(self) -> str:
        if self.clock() >= self._ends - _NEAR:
            self.renew()
        return self._token

    def renew(self) -> None:
        self.use(self.give())

    def use(self, token: str) -> None:
        self._token, self._ends = token, _end(token) or self.clock() + 240 + _NEAR


def _end(token: str) -> float:
    """`exp` of a JWT, not verified: a wrong one only costs a question. 0 where there is none."""
    try:
        claims = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return float(found["exp"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return 0.0


@dataclass(frozen=True)
class Bulk:
    """`send` asks an address with headers, as a stream or not, with an access token that is valid."""

    url: str
    send: Callable[[str, dict[str, str], bool], requests.Response]
    pause: Callable[[float], None] = time.sleep

    def export(self, **query: str) -> Manifest:
        """Of the whole endpoint, once the server says that it is complete."""
        asked = f"{self.url}/$export" + (f"?{urlencode(query)}" if query else "")
        begun = self.send(asked, {"Prefer": "respond-async"}, False)
        if begun.status_code != 202 or "Content-Location" not in begun.headers:
            raise ExportFailed("records", f"the endpoint answers {begun.status_code} to $export")
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            answer = self.send(begun.headers["Content-Location"], {}, False)
            if answer.status_code == 200:
                return Manifest.parse(answer.json())
            if answer.status_code not in (202, 429, 503):
                raise ExportFailed("records", f"its status is answered with {answer.status_code}")
            self.pause(_seconds(answer))
        raise ExportFailed("records", f"it is not complete after {WAIT_SECONDS} s")

    def lines(self, file: File) -> Iterator[bytes]:
        """Each resource; an answer that breaks off is asked for again, and goes on where it ended."""
        done = 0
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                for number, line in enumerate(self._stream(file), 1):
                    if number > done:
                        done = number
                        yield line
                return
            except requests.RequestException as error:
                if attempt == _ATTEMPTS:
                    raise ExportFailed(file.kind, f"broke off after {done} resources ({error})") from error
                self.pause(2.0 * attempt)

    def _stream(self, file: File) -> Iterator[bytes]:
        with self.send(file.url, {"Accept": "application/fhir+ndjson"}, True) as answer:
            if answer.status_code in (429, 502, 503):
                raise requests.ConnectionError(f"the endpoint answers {answer.status_code}")
            if answer.status_code != 200:
                raise ExportFailed(file.kind, f"the endpoint answers {answer.status_code}")
            yield from (line for line in answer.iter_lines(_BLOCK) if line)


def _seconds(answer: requests.Response) -> float:
    """What Retry-After asks for, up to a minute."""
    given = answer.headers.get("Retry-After", "")
    return min(float(given), 60.0) if given.isdigit() else 2.0
