"""A tenant's records through its public route: out to NDJSON, in again, and whether both are one.

What comes out is decrypted as any client with `system/*.rs` sees it, and is encrypted again under the other
tenant's own keys on the way in. The audit trail stays where it is.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import simplejson

from infra.cli.errors import CliError
from infra.cli.offboard_export import Route
from infra.errors import ConfigError

Resource = dict[str, Any]
PAGE = 500
BUNDLE = 4500
"""Entries that the Healthcare API takes in one transaction: https://cloud.google.com/healthcare-api/quotas."""
_LEFT = ("AuditEvent",)
_FIRST = (
    "Organization",
    "Location",
    "Practitioner",
    "PractitionerRole",
    "Patient",
    "RelatedPerson",
    "Encounter",
)
"""Types that others refer to come first, since a reference must be true when it is written."""
_OF_THE_SERVER = ("lastUpdated", "source", "versionId")


class CopyFailed(CliError):
    """Some records were not taken; which, and what was said."""


@dataclass(frozen=True)
class Digest:
    """How many records of a type there are, and a hash over all of them, whatever their order."""

    count: int
    sha256: str


class Target(Route):
    """An endpoint that is written to."""

    def send(self, verb: str, path: str, body: Resource) -> requests.Response:
        """With a fresh token where the last one has expired."""
        content = simplejson.dumps(body, use_decimal=True, ensure_ascii=False).encode()
        for attempt in (1, 2):
            if "Authorization" not in self._session.headers or attempt == 2:
                self._session.headers["Authorization"] = f"Bearer {self._token()}"
            headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
            answer = self._session.request(
                verb, f"{self.url}{path}", data=content, headers=headers, timeout=120
            )
            if answer.status_code != 401:
                break
        return answer


def export(route: Route, folder: Path) -> dict[str, Digest]:
    """`folder/<Type>.ndjson`; the endpoint's own counts must be the same."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError("--out", str(folder), "a folder that is empty or not there")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for kind in route.types():
        if kind in _LEFT:
            continue
        written = _write(route, kind, folder / f"{kind}.ndjson")
        if written != (told := route.count(kind)):
            raise CopyFailed(f"{kind}: {written} were read, the endpoint counts {told}; are writes frozen?")
    return digests(folder)


def load(target: Target, folder: Path) -> dict[str, int]:
    """Put every record under the id that it has; how many of each type. Safe to repeat."""
    done: dict[str, int] = defaultdict(int)
    waiting = list(_put_all(target, _rows(folder), done))
    while waiting:
        left = list(_put_all(target, iter([row for row, _ in waiting]), done))
        if len(left) == len(waiting):
            _together(target, left, done)
            left = []
        waiting = left
    return dict(sorted(done.items()))


def digests(folder: Path) -> dict[str, Digest]:
    """By type, over all but what the server writes into a record."""
    if not folder.is_dir():
        raise ConfigError("DIR", str(folder), "a folder that `tenant records export` wrote")
    found: dict[str, list[bytes]] = defaultdict(list)
    for row in _rows(folder):
        text = simplejson.dumps(_own(row), use_decimal=True, sort_keys=True, ensure_ascii=False)
        found[row["resourceType"]].append(hashlib.sha256(text.encode()).digest())
    return {
        kind: Digest(len(rows), hashlib.sha256(b"".join(sorted(rows))).hexdigest())
        for kind, rows in sorted(found.items())
    }


def differences(one: dict[str, Digest], other: dict[str, Digest]) -> list[str]:
    """A sentence for each type that is not the same; none when both are one."""
    found = []
    for kind in sorted(one.keys() | other.keys()):
        a, b = one.get(kind, Digest(0, "")), other.get(kind, Digest(0, ""))
        if a.count != b.count:
            found.append(f"{kind}: {a.count} and {b.count} records")
        elif a != b:
            found.append(f"{kind}: {a.count} records each, but not the same ones")
    return found


def _write(route: Route, kind: str, path: Path) -> int:
    seen: set[str] = set()
    following: str | None = f"{route.url}/{kind}?_count={PAGE}"
    with path.open("wb") as file:
        while following:
            bundle = route.get(following)
            for resource in (entry["resource"] for entry in bundle.get("entry", [])):
                if resource["id"] not in seen:
                    seen.add(resource["id"])
                    file.write(
                        simplejson.dumps(resource, use_decimal=True, ensure_ascii=False).encode() + b"\n"
                    )
            links = {link["relation"]: link["url"] for link in bundle.get("link", [])}
            following = links.get("next")
    if not seen:
        path.unlink()
    return len(seen)


def _rows(folder: Path) -> Iterator[Resource]:
    def order(path: Path) -> tuple[int, str]:
        return (_FIRST.index(path.stem) if path.stem in _FIRST else len(_FIRST), path.stem)

    for path in sorted(folder.glob("*.ndjson"), key=order):
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    row: Resource = simplejson.loads(line, use_decimal=True)
                    row["resourceType"], row["id"]
                except (ValueError, KeyError, TypeError) as error:
                    raise ConfigError(
                        f"{path.name}:{number}", str(error), "a FHIR resource with an id"
                    ) from error
                yield row


def _own(row: Resource) -> Resource:
    """Without what the server writes."""
    meta = {key: value for key, value in (row.get("meta") or {}).items() if key not in _OF_THE_SERVER}
    rest = {key: value for key, value in row.items() if key != "meta"}
    return {**rest, "meta": meta} if meta else rest


def _put_all(
    target: Target, rows: Iterator[Resource], done: dict[str, int]
) -> Iterator[tuple[Resource, str]]:
    """Those that were refused, each with what was said."""
    for row in rows:
        answer = target.send("PUT", f"/{row['resourceType']}/{row['id']}", _own(row))
        if answer.status_code in (200, 201):
            done[row["resourceType"]] += 1
        elif answer.status_code in (400, 409, 412, 422):
            yield row, _said(answer)
        else:
            raise CopyFailed(f"{row['resourceType']}/{row['id']}: {answer.status_code}: {_said(answer)}")


def _together(target: Target, left: list[tuple[Resource, str]], done: dict[str, int]) -> None:
    """Records that refer to each other, in one transaction."""
    entries = [
        {
            "resource": _own(row),
            "request": {"method": "PUT", "url": f"{row['resourceType']}/{row['id']}"},
        }
        for row, _ in left
    ]
    said = f"more than {BUNDLE} that need each other"
    if len(left) <= BUNDLE:
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = target.send("POST", "", bundle)
        if answer.status_code == 200:
            for row, _ in left:
                done[row["resourceType"]] += 1
            return
        said = _said(answer)
    names = ", ".join(f"{row['resourceType']}/{row['id']} ({why})" for row, why in left[:3])
    raise CopyFailed(f"{len(left)} records were refused: {names}; all of them at once: {said}")


def _said(answer: requests.Response) -> str:
    try:
        issue = answer.json()["issue"][0]
        return str(issue.get("diagnostics") or (issue.get("details") or {}).get("text") or issue["code"])
    except (ValueError, KeyError, IndexError, TypeError):
        return answer.reason
