"""What is in an export: a tar stream of entries, and a manifest of them as its last entry.

`fhir/TYPE-00001.ndjson` and `audit/AuditEvent-00001.ndjson` hold one resource a line, `documents/000001` an
object of the bucket, whose name `documents/index.ndjson` gives: names of objects are no names of files.
`manifest.json` gives each entry's SHA-256, bytes and lines.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from infra.cli.offboard_cipher import Opened, Sealed, Unreadable

MANIFEST = "manifest.json"
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Entry:
    """One file of the archive; `lines` counts resources and is 0 for documents."""

    name: str
    bytes: int
    sha256: str
    lines: int = 0


@dataclass
class Archive:
    """Writes entries to a sealed file and remembers their hashes."""

    out: Sealed
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Closed by `close`, with the manifest as its last entry.
        self._tar = tarfile.open(fileobj=cast(IO[bytes], self.out), mode="w|")  # noqa: SIM115

    def add(self, name: str, content: bytes, lines: int = 0) -> None:
        self.stream(name, len(content), [content], lines)

    def stream(self, name: str, size: int, blocks: Iterable[bytes], lines: int = 0) -> None:
        """An entry of a known size, never whole in memory."""
        reader = _Hashed(blocks)
        header = tarfile.TarInfo(name)
        header.size, header.mode = size, 0o600
        self._tar.addfile(header, cast(IO[bytes], reader))
        reader.end()
        self.entries.append(Entry(name, size, reader.digest.hexdigest(), lines))

    def close(self, subject: dict[str, Any]) -> dict[str, Any]:
        """Write the manifest, and return it."""
        manifest = {**subject, "entries": [asdict(entry) for entry in self.entries]}
        raw = json.dumps(manifest, indent=1).encode()
        header = tarfile.TarInfo(MANIFEST)
        header.size, header.mode = len(raw), 0o600
        self._tar.addfile(header, io.BytesIO(raw))
        self._tar.close()
        return manifest


class _Hashed:
    """Blocks as a file that is read once, hashed on the way."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = b""
        self.digest = hashlib.sha256()

    def end(self) -> None:
        """Run the source to its end, where it may say that what it gave was wrong."""
        if self._rest or any(self._blocks):
            raise ValueError("more bytes came than were announced")

    def read(self, size: int) -> bytes:
        found = bytearray(self._rest)
        while len(found) < size and (block := next(self._blocks, None)) is not None:
            found += block
        self._rest = bytes(found[size:])
        self.digest.update(found[:size])
        return bytes(found[:size])


def entries(path: Path, data_key: bytes) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """The files of an export, decrypted as they are read."""
    opened = Opened(path, data_key)
    try:
        with tarfile.open(fileobj=cast(IO[bytes], opened), mode="r|") as tar:
            for header in tar:
                content = tar.extractfile(header)
                if content is None:
                    raise Unreadable(path, f"{header.name} is no file")
                yield header, content
        # To the last chunk, which says that it is the last.
        while opened.read(_BLOCK):
            continue
    except tarfile.TarError as error:
        raise Unreadable(path, f"is no export ({error})") from error


def verify(path: Path, data_key: bytes, out: Path | None = None) -> dict[str, Any]:
    """Read everything back and compare it with the manifest inside; with `out` keep the files there.

    The manifest, or Unreadable when an entry is missing, unknown or different.
    """
    found: dict[str, Entry] = {}
    manifest: dict[str, Any] = {}
    for header, content in entries(path, data_key):
        if header.name == MANIFEST:
            manifest = json.loads(content.read())
        else:
            found[header.name] = _read(header, content, out)
    expected = {each["name"]: Entry(**each) for each in manifest.get("entries", [])}
    if not manifest or found.keys() != expected.keys():
        raise Unreadable(path, "its entries are not those of its manifest")
    for name, entry in expected.items():
        if found[name] != entry:
            raise Unreadable(path, f"{name} is not as its manifest says")
    return manifest


def _read(header: tarfile.TarInfo, content: IO[bytes], out: Path | None) -> Entry:
    digest, size, lines = hashlib.sha256(), 0, 0
    with _target(header.name, out) as file:
        while block := content.read(_BLOCK):
            digest.update(block)
            size += len(block)
            lines += block.count(b"\n")
            file.write(block)
    return Entry(header.name, size, digest.hexdigest(), lines if header.name.endswith(".ndjson") else 0)


def _target(name: str, out: Path | None) -> IO[bytes]:
    if out is None:
        return cast(IO[bytes], _Nowhere())
    parts = PurePosixPath(name).parts
    if PurePosixPath(name).is_absolute() or ".." in parts:
        raise Unreadable(out, f"{name!r} lies outside the folder")
    target = out.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return target.open("xb")


class _Nowhere(io.RawIOBase):
    """Takes everything, keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)
