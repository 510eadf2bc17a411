"""A tenant's keys: destruction ordered for every version. And the cell's key that signs what was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from evidence import kms
from evidence.signature import Signer
from infra.cli.errors import CliError
from infra.cli.google import Google

_ENDED = ("DESTROYED", "DESTROY_SCHEDULED")


class NoSigningKey(CliError):
    """The cell has no key to sign the certificate with; nothing was touched."""

    code = 2

    def __init__(self, cell: str, why: str) -> None:
        super().__init__(f"{cell}: {why}; bring the cell up first: python -m infra up --stack {cell}")


@dataclass(frozen=True)
class Shredded:
    """One key version as Cloud KMS gives it back: `gone` is when its material is (or was) destroyed."""

    version: str
    state: str
    gone: str


def versions(google: Google, key: str) -> Iterator[dict[str, Any]]:
    """Every version of a key."""
    page = ""
    while True:
        found = google.call("GET", "cloudkms", f"{key}/cryptoKeyVersions?pageSize=100{page}")
        yield from found.get("cryptoKeyVersions", [])
        if not found.get("nextPageToken"):
            return
        page = f"&pageToken={found['nextPageToken']}"


def usable(google: Google, keys: Iterable[str]) -> list[str]:
    """Versions whose destruction nobody has ordered yet."""
    return [
        version["name"]
        for key in sorted(keys)
        for version in versions(google, key)
        if version["state"] not in _ENDED
    ]


def shred(google: Google, keys: Iterable[str]) -> list[Shredded]:
    """Order the destruction of every version that is not on its way already; then say what Cloud KMS says.

    https://cloud.google.com/kms/docs/destroy-restore
    """
    names = sorted(keys)
    for version in usable(google, names):
        google.call("POST", "cloudkms", f"{version}:destroy", {})
    found = [_shredded(version) for key in names for version in versions(google, key)]
    if alive := [each.version for each in found if each.state not in _ENDED]:
        raise CliError(f"still usable: {', '.join(alive)}; run it again")
    return found


def _shredded(version: dict[str, Any]) -> Shredded:
    gone = version.get("destroyEventTime") or version.get("destroyTime") or ""
    return Shredded(version["name"], version["state"], gone)


def signer(google: Google, cell: str, outputs: dict[str, Any]) -> Signer:
    """The newest enabled version of the cell's key `evidence`, which is no tenant's."""
    key = (outputs.get("keys") or {}).get("evidence")
    if not key:
        raise NoSigningKey(cell, "its output keys has no `evidence`")
    try:
        return kms.key(key, lambda verb, path, body: google.call(verb, "cloudkms", path, body)).signer
    except kms.KmsError as error:
        raise NoSigningKey(cell, f"{error.what} {error.problem}") from error
