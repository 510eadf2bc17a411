"""A tenant's data, read through its public route and Google's APIs: records, documents, audit trail.

Records come by FHIR bulk data export, decrypted, as any client with `system/*.rs` sees them.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import requests
import simplejson

from infra.cli.bulk import Bearer, Bulk, ExportFailed, Marks
from infra.cli.documents import Bucket
from infra.cli.google import ApiFailed
from infra.cli.offboard_archive import Archive
from infra.cli.offboard_trail import Reading, Searched, resources
from infra.cli.operator import Operator

_PART = 8 << 20
"""Bytes of an NDJSON entry, about: what is in memory at a time."""
_KEPT = ("name", "contentType", "generation", "md5Hash")
_FHIR = "application/fhir+json"
_IDS = 1000
_LENIENT = {"Prefer": "handling=lenient"}
"""A store that does not know `_elements` may leave it out: it only saves work."""


@dataclass
class Route:
    """The tenant's public FHIR endpoint, with an access token that `token_command` prints.

    With `reached` what lies under `url` is asked for there instead, as in a rehearsal, whose names nobody
    serves.
    """

    url: str
    token_command: str
    reached: str = ""
    not_offered: set[str] = field(default_factory=set)
    """Types that the store states and the runtime does not know, so that nobody can have written any."""
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._bearer = Bearer(self._token)

    @property
    def bulk(self) -> Bulk:
        return Bulk(self.url, self._send)

    def beside(self, name: str) -> Route:
        """The endpoint's neighbour of another name: `/audit` stands beside `/fhir`."""
        url, reached = (each and urljoin(each, name) for each in (self.url, self.reached))
        return Route(url, self.token_command, reached)

    def types(self) -> list[str]:
        """Every resource type that the endpoint states and that can be searched."""
        found = self.get(f"{self.url}/metadata")["rest"][0]["resource"]
        stated = {each["type"] for each in found if {"code": "search-type"} in each["interaction"]}
        self.not_offered |= {kind for kind in stated - self.not_offered if self._unknown(kind)}
        return sorted(stated - self.not_offered)

    def _unknown(self, kind: str) -> bool:
        return self._answer(f"{self.url}/{kind}?_count=1").status_code == 404

    def count(self, kind: str) -> int:
        """Resources of a type, by their ids: the Healthcare API counts for nobody.

        https://cloud.google.com/healthcare-api/docs/fhir: `_summary=count` is not supported.
        """
        asked = f"{self.url}/{kind}?_elements=id&_sort=_id&_count={_IDS}"
        found = (each for each in resources(self, asked) if each["resourceType"] == kind)
        return len({each["id"] for each in found})

    def get(self, url: str) -> dict[str, Any]:
        answer = self._answer(url)
        if answer.status_code != 200:
            raise ExportFailed(url.partition("?")[0], f"the endpoint answers {answer.status_code}")
        return _exact(answer)

    def _answer(self, url: str) -> requests.Response:
        return self._send(url, _LENIENT, False)

    def _send(self, url: str, headers: dict[str, str], stream: bool) -> requests.Response:
        """With a token that has time left, and with another where it is refused all the same."""
        if self.reached and url.startswith(self.url):
            url = self.reached + url.removeprefix(self.url)
        self._authorize()
        answer = self._session.get(url, headers={"Accept": _FHIR, **headers}, timeout=120, stream=stream)
        if answer.status_code == 401:
            self._bearer.renew()
            self._authorize()
            answer = self._session.get(url, headers={"Accept": _FHIR, **headers}, timeout=120, stream=stream)
        return answer

    def _authorize(self) -> None:
        self._session.headers["Authorization"] = f"Bearer {self._bearer.token()}"

    def _token(self) -> str:
        done = subprocess.run(shlex.split(self.token_command), capture_output=True, text=True, check=False)
        if done.returncode or not done.stdout.strip():
            said = (done.stderr.strip() or "it printed nothing").splitlines()[-1]
            raise ExportFailed("records", f"--token-command failed: {said}")
        return done.stdout.strip()


@dataclass(frozen=True)
class AuditStore:
    """The tenant's audit store, read with the operator's own rights."""

    operator: Operator
    store: str

    def get(self, url: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.operator.google.token}", "Accept": _FHIR}
        answer = requests.get(url, headers=headers, timeout=120)
        if answer.status_code != 200:
            raise ExportFailed("audit", f"{self.store} answers {answer.status_code}")
        return _exact(answer)

    @property
    def url(self) -> str:
        return f"{self.operator.given.addresses['healthcare']}{self.store}/fhir"


def _exact(answer: requests.Response) -> dict[str, Any]:
    """JSON with its decimals digit for digit."""
    found: dict[str, Any] = simplejson.loads(answer.content, use_decimal=True)
    return found


@dataclass(frozen=True)
class Records:
    """What was exported: `counts` by type, and `marks` of which versions that was."""

    transaction_time: str
    counts: dict[str, int]
    marks: dict[str, dict[str, Any]]


def records(route: Route, archive: Archive) -> Records:
    """Every resource of every type. The manifest's counts must be the same."""
    manifest, marks = route.bulk.export(), {}
    for file in manifest.files:
        seen = Marks()
        _parts(_marked(route.bulk.lines(file), seen), f"fhir/{file.kind}", archive)
        if file.count is None:
            raise ExportFailed(file.kind, "it is written to at this moment; run it again")
        if seen.count != file.count:
            raise ExportFailed(
                file.kind, f"{seen.count} were read, the endpoint counts {file.count}; run it again"
            )
        marks[file.kind] = seen.told()
    counts = {kind: int(each["count"]) for kind, each in marks.items()}
    return Records(manifest.transaction_time, counts, marks)


def versions(route: Route, since: str = "") -> dict[str, dict[str, Any]]:
    """Marks of what is there now, by type; with `since` (an instant) of what was written after it."""
    manifest = route.bulk.export(_elements="id", **({"_since": since} if since else {}))
    found = {}
    for file in manifest.files:
        seen = Marks()
        for _ in _marked(route.bulk.lines(file), seen):
            pass
        if seen.count:
            found[file.kind] = seen.told()
    return found


def _marked(lines: Iterator[bytes], seen: Marks) -> Iterator[bytes]:
    """The lines as they are, each resource's id and version marked on the way."""
    for line in lines:
        resource = simplejson.loads(line, use_decimal=True)
        seen.add(resource["resourceType"], resource["id"], resource.get("meta", {}).get("versionId"))
        yield line


def audit(source: Searched, archive: Archive) -> Reading:
    """Every AuditEvent. Reading the records has written some: they belong to the trail as well."""
    reading = Reading(source)
    _parts(reading.lines(), "audit/AuditEvent", archive)
    return reading


def trail(operator: Operator, outputs: Mapping[str, Any], route: Route) -> Searched:
    """A database's is read through the tenant's endpoint, a store's at the Healthcare API."""
    store = str(outputs["auditStore"])
    return route.beside("audit") if "/databases/" in store else AuditStore(operator, store)


def _parts(lines: Iterator[bytes], name: str, archive: Archive) -> None:
    """Entries of about 8 MiB."""
    part, number, held = bytearray(), 0, 0
    for line in lines:
        part += line + b"\n"
        held += 1
        if len(part) >= _PART:
            number += 1
            archive.add(f"{name}-{number:05d}.ndjson", bytes(part), held)
            part, held = bytearray(), 0
    if part:
        archive.add(f"{name}-{number + 1:05d}.ndjson", bytes(part), held)


def documents(operator: Operator, bucket: str, archive: Archive) -> Marks:
    """Every live object of the bucket, compared with the hash that Cloud Storage keeps of it."""
    index, seen, held = bytearray(), Marks(), Bucket(operator, bucket)
    for each in held.objects():
        seen.add(each["name"], each["generation"])
        name = f"documents/{seen.count:06d}"
        archive.stream(name, int(each["size"]), _content(held, each))
        kept: dict[str, Any] = {key: each[key] for key in _KEPT if key in each}
        index += simplejson.dumps({"file": name, **kept}, ensure_ascii=False).encode() + b"\n"
    archive.add("documents/index.ndjson", bytes(index), seen.count)
    return seen


def documents_now(operator: Operator, bucket: str) -> Marks:
    """Which generations of which objects are there."""
    seen = Marks()
    for each in Bucket(operator, bucket).objects():
        seen.add(each["name"], each["generation"])
    return seen


def documents_since(operator: Operator, bucket: str, instant: str) -> int:
    """How many objects were made, or overwritten, after an instant."""
    begun = datetime.fromisoformat(instant)
    objects = Bucket(operator, bucket).objects()
    return sum(datetime.fromisoformat(each["timeCreated"]) > begun for each in objects)


def _content(bucket: Bucket, each: dict[str, Any]) -> Iterator[bytes]:
    digest = hashlib.md5(usedforsecurity=False)
    try:
        for block in bucket.read(each["name"], each["generation"]):
            digest.update(block)
            yield block
    except ApiFailed as error:
        raise ExportFailed(each["name"], f"Cloud Storage answers {error.status}") from error
    if "md5Hash" in each and base64.b64encode(digest.digest()).decode() != each["md5Hash"]:
        raise ExportFailed(each["name"], "is not what Cloud Storage has a hash of")
