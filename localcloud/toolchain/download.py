"""The Pulumi CLI from its vendor's release page, checked against the vendor's own checksums."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import platform
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from localcloud.toolchain.errors import StepFailed
from localcloud.toolchain.progress import Progress
from localcloud.toolchain.versions import PULUMI

RELEASES = f"https://github.com/pulumi/pulumi/releases/download/v{PULUMI}"
SILENCE = 6.0
"""Seconds without a byte after which the vendor counts as unreachable."""

LONGEST = 300.0
"""Seconds after which building is the shorter way."""

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def archive_name(system: str | None = None, machine: str | None = None) -> str:
    """The vendor's name of the archive for a machine; StepFailed where there is none."""
    system, machine = system or platform.system(), machine or platform.machine()
    if system not in _SYSTEMS or machine.lower() not in _MACHINES:
        raise StepFailed("download", f"the vendor has no archive for {system} on {machine}")
    return f"pulumi-v{PULUMI}-{_SYSTEMS[system]}-{_MACHINES[machine.lower()]}.tar.gz"


def download(bin_folder: Path, releases: str = RELEASES, *, silence: float = SILENCE) -> None:
    """Put `pulumi` and the language hosts that come with it into the folder."""
    name = archive_name()
    with Progress(f"downloading Pulumi {PULUMI} from its vendor"):
        expected = _checksum(_get(f"{releases}/pulumi-{PULUMI}-checksums.txt", silence).decode(), name)
        archive = _get(f"{releases}/{name}", silence)
    given = hashlib.sha256(archive).hexdigest()
    if given != expected:
        raise StepFailed(
            "download", f"{name} has checksum {given}, its vendor says {expected}; it was not used"
        )
    _unpack(archive, bin_folder)


def _get(url: str, silence: float) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=silence) as answer:
            return b"".join(_chunks(answer))
    except urllib.error.HTTPError as error:
        raise StepFailed("download", f"{url} answered {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise StepFailed("download", f"{url.split('/')[2]} cannot be reached ({reason})") from error


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    deadline = time.monotonic() + LONGEST
    while chunk := answer.read(1 << 20):
        if time.monotonic() > deadline:
            raise StepFailed("download", f"it takes longer than {LONGEST:.0f} s")
        yield chunk


def _checksum(lines: str, name: str) -> str:
    for line in lines.splitlines():
        digest, _, file = line.partition(" ")
        if file.strip().lstrip("*") == name:
            return digest.lower()
    raise StepFailed("download", f"the vendor's checksums do not name {name}")


def _unpack(archive: bytes, bin_folder: Path) -> None:
    """Regular files only, by their last name only: nothing can land outside the folder."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is not None:
                path = bin_folder / PurePosixPath(member.name).name
                path.write_bytes(content.read())
                os.chmod(path, 0o755)
