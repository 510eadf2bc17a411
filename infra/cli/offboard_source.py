"""Exports one tenant into one sealed file, and reads it back before anything is believed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.cli.google import Google
from infra.cli.offboard_archive import Archive, verify
from infra.cli.offboard_cipher import Recipient, Sealed
from infra.cli.offboard_export import AuditStore, Route, audit, documents, documents_since, records
from infra.cli.offboard_state import now

NAME = "export.careplane"


@dataclass(frozen=True)
class Source:
    """`token_command` prints an access token of a client of the tenant with `system/*.rs`."""

    google: Google
    token_command: str

    def export(
        self, tenant: str, outputs: dict[str, Any], to: Recipient, folder: Path, say: Callable[[str], None]
    ) -> dict[str, Any]:
        """Write `export.careplane`, decrypt it again with the data key at hand, and compare every hash."""
        begun, draft = now(), folder / f"{NAME}.part"
        with Sealed(draft, to) as sealed:
            archive = Archive(sealed)
            route = Route(outputs["fhirUrl"], self.token_command)
            counts = records(route, archive)
            say(f"{tenant}: {sum(counts.values())} records of {len(counts)} types read")
            stored = documents(self.google, outputs["bucket"], archive)
            events = audit(AuditStore(self.google, outputs["auditStore"]), archive)
            say(f"{tenant}: {stored} documents and {events} audit events read")
            told: dict[str, Any] = {"records": counts, "documents": stored, "auditEvents": events}
            told |= {"typesNotOffered": sorted(route.not_offered)}
            manifest = archive.close({"tenant": tenant, "begun": begun, "ended": now(), "counts": told})
        found = verify(draft, sealed.data_key)
        _same_counts(found)
        draft.rename(folder / NAME)
        say(f"{tenant}: export read back, {len(manifest['entries'])} entries as written")
        return {
            "archive": NAME,
            "sha256": _digest(folder / NAME),
            "begun": begun,
            "verified": now(),
            "counts": told,
        }

    def written_since(self, outputs: dict[str, Any], instant: str) -> int:
        """Resources and documents that were created or changed after an instant."""
        route = Route(outputs["fhirUrl"], self.token_command)
        changed = sum(route.count(kind, instant) for kind in route.types())
        return changed + documents_since(self.google, outputs["bucket"], instant)

    def intact(self, folder: Path, export: dict[str, Any]) -> bool:
        """Whether the archive is still the one that was verified."""
        path = folder / str(export["archive"])
        return path.is_file() and _digest(path) == str(export["sha256"])


def _same_counts(manifest: dict[str, Any]) -> None:
    """Lines of each kind against what was counted while reading."""
    lines: dict[str, int] = {}
    for entry in manifest["entries"]:
        kind = entry["name"].rsplit("-", 1)[0]
        lines[kind] = lines.get(kind, 0) + entry["lines"]
    counts = manifest["counts"]
    expected = {f"fhir/{kind}": count for kind, count in counts["records"].items()}
    expected |= {"documents/index.ndjson": counts["documents"]}
    expected |= {"audit/AuditEvent": counts["auditEvents"]} if counts["auditEvents"] else {}
    found = {kind: count for kind, count in lines.items() if kind in expected or count}
    if found != expected:
        raise RuntimeError(f"the archive holds {found}, and {expected} were read")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
