"""A tenant's data, read through its public route and Google's APIs: records, documents, audit trail.

The runtime offers no bulk export, so that every resource type is searched page by page. What it answers is
decrypted, as any client with `system/*.rs` sees it.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests
import simplejson

from infra.cli.errors import CliError
from infra.cli.google import Google
from infra.cli.offboard_archive import Archive

_PAGE = 500
_PART = 8 << 20
"""Bytes of an NDJSON entry, about: what is in memory at a time."""
_KEPT = ("name", "contentType", "generation", "md5Hash")
_FHIR = "application/fhir+json"


class ExportFailed(CliError):
    """Something could not be read, or was not what it should be; nothing was destroyed."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"export of {what}: {why}")


@dataclass
class Route:
    """The tenant's public FHIR endpoint, with an access token that `token_command` prints."""

    url: str
    token_command: str
    not_offered: set[str] = field(default_factory=set)
    """Types that the store states and the runtime does not know, so that nobody can have written any."""
    _session: requests.Session = field(default_factory=requests.Session)

    def types(self) -> list[str]:
        """Every resource type that the endpoint states and that can be searched."""
        found = self.get(f"{self.url}/metadata")["rest"][0]["resource"]
        stated = {each["type"] for each in found if {"code": "search-type"} in each["interaction"]}
        self.not_offered |= {kind for kind in stated - self.not_offered if self._unknown(kind)}
        return sorted(stated - self.not_offered)

    def _unknown(self, kind: str) -> bool:
        return self._answer(f"{self.url}/{kind}?_summary=count").status_code == 404

    def count(self, kind: str, since: str = "") -> int:
        """Resources of a type; with `since` (an instant) those that were written after it."""
        changed = f"&_lastUpdated=gt{quote(since)}" if since else ""
        return int(self.get(f"{self.url}/{kind}?_summary=count{changed}")["total"])

    def get(self, url: str) -> dict[str, Any]:
        answer = self._answer(url)
        if answer.status_code != 200:
            raise ExportFailed(url.partition("?")[0], f"the endpoint answers {answer.status_code}")
        return _exact(answer)

    def _answer(self, url: str) -> requests.Response:
        """With a fresh token where the last one has expired."""
        for attempt in (1, 2):
            if "Authorization" not in self._session.headers or attempt == 2:
                self._session.headers["Authorization"] = f"Bearer {self._token()}"
            answer = self._session.get(url, headers={"Accept": _FHIR}, timeout=120)
            if answer.status_code != 401:
                break
        return answer

    def _token(self) -> str:
        done = subprocess.run(shlex.split(self.token_command), capture_output=True, text=True, check=False)
        if done.returncode or not done.stdout.strip():
            said = (done.stderr.strip() or "it printed nothing").splitlines()[-1]
            raise ExportFailed("records", f"--token-command failed: {said}")
        return done.stdout.strip()


@dataclass(frozen=True)
class AuditStore:
    """The tenant's audit store, read with the operator's own rights."""

    google: Google
    store: str

    def get(self, url: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.google.token}", "Accept": _FHIR}
        answer = requests.get(url, headers=headers, timeout=120)
        if answer.status_code != 200:
            raise ExportFailed("audit", f"{self.store} answers {answer.status_code}")
        return _exact(answer)

    @property
    def url(self) -> str:
        return f"{self.google.addresses['healthcare']}{self.store}/fhir"


def _exact(answer: requests.Response) -> dict[str, Any]:
    """JSON with its decimals digit for digit."""
    found: dict[str, Any] = simplejson.loads(answer.content, use_decimal=True)
    return found


def records(route: Route, archive: Archive) -> dict[str, int]:
    """Every resource of every type; how many, by type. The endpoint's own counts must be the same."""
    counts = {}
    for kind in route.types():
        written = _pages(route, f"{route.url}/{kind}?_count={_PAGE}", f"fhir/{kind}", archive)
        if written != (told := route.count(kind)):
            raise ExportFailed(kind, f"{written} were read, the endpoint counts {told}; run it again")
        if written:
            counts[kind] = written
    return counts


def audit(store: AuditStore, archive: Archive) -> int:
    """How many AuditEvents. Reading the records has written some: they belong to the trail as well."""
    return _pages(store, f"{store.url}/AuditEvent?_count={_PAGE}", "audit/AuditEvent", archive)


def _pages(source: Route | AuditStore, url: str, name: str, archive: Archive) -> int:
    """Resources of all pages, each once, in parts of about 8 MiB."""
    seen: set[str] = set()
    part, number, lines = bytearray(), 0, 0
    for resource in _resources(source, url):
        if resource["id"] in seen:
            continue
        seen.add(resource["id"])
        part += simplejson.dumps(resource, use_decimal=True, ensure_ascii=False).encode() + b"\n"
        lines += 1
        if len(part) >= _PART:
            number += 1
            archive.add(f"{name}-{number:05d}.ndjson", bytes(part), lines)
            part, lines = bytearray(), 0
    if part:
        archive.add(f"{name}-{number + 1:05d}.ndjson", bytes(part), lines)
    return len(seen)


def _resources(source: Route | AuditStore, url: str) -> Iterator[dict[str, Any]]:
    following: str | None = url
    while following:
        bundle = source.get(following)
        yield from (entry["resource"] for entry in bundle.get("entry", []))
        links = {link["relation"]: link["url"] for link in bundle.get("link", [])}
        following = links.get("next")


def documents(google: Google, bucket: str, archive: Archive) -> int:
    """Every live object of the bucket, compared with the hash that Cloud Storage keeps of it."""
    index = bytearray()
    number = 0
    for number, each in enumerate(_objects(google, bucket), 1):
        name = f"documents/{number:06d}"
        archive.stream(name, int(each["size"]), _content(google, bucket, each))
        kept: dict[str, Any] = {key: each[key] for key in _KEPT if key in each}
        index += simplejson.dumps({"file": name, **kept}, ensure_ascii=False).encode() + b"\n"
    archive.add("documents/index.ndjson", bytes(index), number)
    return number


def documents_since(google: Google, bucket: str, instant: str) -> int:
    """How many objects were made, or overwritten, after an instant."""
    begun = datetime.fromisoformat(instant)
    return sum(datetime.fromisoformat(each["timeCreated"]) > begun for each in _objects(google, bucket))


def _objects(google: Google, bucket: str) -> Iterator[dict[str, Any]]:
    page = ""
    while True:
        token = f"&pageToken={quote(page)}" if page else ""
        found = google.call("GET", "storage", f"b/{bucket}/o?maxResults=1000{token}")
        yield from found.get("items", [])
        page = found.get("nextPageToken", "")
        if not page:
            return


def _content(google: Google, bucket: str, each: dict[str, Any]) -> Iterator[bytes]:
    path = f"b/{bucket}/o/{quote(each['name'], safe='')}?alt=media&generation={each['generation']}"
    headers = {"Authorization": f"Bearer {google.token}", "Accept-Encoding": "identity"}
    digest = hashlib.md5(usedforsecurity=False)
    with requests.get(
        google.addresses["storage"] + path, headers=headers, stream=True, timeout=120
    ) as answer:
        if answer.status_code != 200:
            raise ExportFailed(each["name"], f"Cloud Storage answers {answer.status_code}")
        for block in answer.iter_content(1 << 16):
            digest.update(block)
            yield block
    if "md5Hash" in each and base64.b64encode(digest.digest()).decode() != each["md5Hash"]:
        raise ExportFailed(each["name"], "is not what Cloud Storage has a hash of")
