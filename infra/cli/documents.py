"""A tenant's documents: out of its bucket into a folder, into another bucket, and whether both are one.

What a bucket encrypts under its own key comes out plain: the folder is to be kept safe.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from infra.cli.errors import CliError
from infra.cli.google import ApiFailed
from infra.cli.operator import Operator
from infra.errors import ConfigError

INDEX = "index.json"
_KEPT = (
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "metadata",
)
_CHUNK = 1 << 20
_SECONDS = 600


class DocumentFailed(CliError):
    """A document that did not arrive as it left."""


@dataclass(frozen=True)
class Bucket:
    """Objects of one bucket, with the operator's rights."""

    operator: Operator
    name: str

    def objects(self) -> Iterator[dict[str, Any]]:
        """Every live object."""
        page = ""
        while True:
            following = f"&pageToken={quote(page)}" if page else ""
            found = self.operator.google.call("GET", "storage", f"b/{self.name}/o?maxResults=1000{following}")
            yield from found.get("items", [])
            page = found.get("nextPageToken", "")
            if not page:
                return

    def read(self, name: str, generation: str) -> Iterator[bytes]:
        path = f"b/{self.name}/o/{quote(name, safe='')}?alt=media&generation={generation}"
        # Not unpacked on the way: the hash is of what is stored.
        headers = {**self._headers, "Accept-Encoding": "gzip"}
        url = self.operator.google.addresses["storage"] + path
        with requests.get(url, headers=headers, timeout=_SECONDS, stream=True) as answer:
            _require(answer, "GET", path)
            while chunk := answer.raw.read(_CHUNK):
                yield chunk

    def write(self, document: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """https://cloud.google.com/storage/docs/resumable-uploads"""
        place = f"b/{self.name}/o?uploadType=resumable&name={quote(document['name'], safe='')}"
        url = self.operator.google.addresses["storage"].replace("/storage/v1/", "/upload/storage/v1/") + place
        kept = {key: document[key] for key in _KEPT if key in document}
        begun = requests.post(url, json=kept, headers=self._headers, timeout=_SECONDS)
        _require(begun, "POST", place)
        with path.open("rb") as file:
            answer = requests.put(begun.headers["Location"], file, headers=self._headers, timeout=_SECONDS)
        _require(answer, "PUT", place)
        made: dict[str, Any] = answer.json()
        return made

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.operator.google.token}"}


def export(bucket: Bucket, folder: Path) -> int:
    """How many: each a file of its own, named by number, with what is known of it in the index."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError("--out", str(folder), "a folder that is empty or not there")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    index = []
    for number, each in enumerate(bucket.objects(), 1):
        path = folder / f"{number:06d}"
        with path.open("wb") as file:
            file.writelines(bucket.read(each["name"], each["generation"]))
        _same(each["name"], _md5(path), each["md5Hash"])
        index.append(
            {"file": path.name} | {key: each[key] for key in ("name", "md5Hash", *_KEPT) if key in each}
        )
    (folder / INDEX).write_text(json.dumps(index, ensure_ascii=False, indent=2) + "\n")
    return len(index)


def load(bucket: Bucket, folder: Path) -> int:
    """How many were written; those that are there already stay, so that it is safe to repeat."""
    there = {each["name"]: each["md5Hash"] for each in bucket.objects()}
    wanted = [each for each in _index(folder) if there.get(each["name"]) != each["md5Hash"]]
    for each in wanted:
        made = bucket.write(each, folder / each["file"])
        _same(each["name"], made["md5Hash"], each["md5Hash"])
    return len(wanted)


def differences(bucket: Bucket, folder: Path) -> list[str]:
    """A sentence for each document that the bucket and the folder do not have alike."""
    there = {each["name"]: each["md5Hash"] for each in bucket.objects()}
    here = {each["name"]: each["md5Hash"] for each in _index(folder)}
    unequal = [name for name in sorted(there.keys() | here.keys()) if there.get(name) != here.get(name)]
    return [f"{name}: {_state(name in there, name in here)}" for name in unequal]


def _state(there: bool, here: bool) -> str:
    if not there:
        return "is not in the bucket"
    return "is another" if here else "is not in the folder"


def _index(folder: Path) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads((folder / INDEX).read_text())
    except (OSError, ValueError) as error:
        raise ConfigError("DIR", str(folder), "a folder that `tenant documents export` wrote") from error
    return found


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "md5").digest()).decode()


def _same(name: str, one: str, other: str) -> None:
    if one != other:
        raise DocumentFailed(f"{name}: arrived with hash {one}, Cloud Storage keeps {other}; run it again")


def _require(answer: requests.Response, verb: str, path: str) -> None:
    if answer.status_code >= 400:
        raise ApiFailed(verb, path.partition("?")[0], answer.status_code, answer.reason)
