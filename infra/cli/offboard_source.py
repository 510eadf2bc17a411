"""Exports one tenant into one sealed file, and reads it back before anything is believed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.cli.bulk import difference
from infra.cli.google import Google
from infra.cli.offboard_archive import Archive, verify
from infra.cli.offboard_cipher import Recipient, Sealed
from infra.cli.offboard_export import (
    Route,
    audit,
    documents,
    documents_now,
    documents_since,
    records,
    trail,
    versions,
)
from infra.cli.offboard_state import now
from infra.cli.operator import Operator

NAME = "export.careplane"


@dataclass(frozen=True)
class Source:
    """`token_command` prints an access token of a client of the tenant with `system/*.rs`.

    A rehearsal has no domain: the service is asked at the address that Cloud Run gave it.
    """

    google: Google
    token_command: str
    rehearsed: bool = False

    def export(
        self, tenant: str, outputs: dict[str, Any], to: Recipient, folder: Path, say: Callable[[str], None]
    ) -> dict[str, Any]:
        """Write `export.careplane`, decrypt it again with the data key at hand, and compare every hash."""
        begun, draft, operator = now(), folder / f"{NAME}.part", Operator(self.google)
        with Sealed(draft, to) as sealed:
            archive = Archive(sealed)
            taken = records(self._route(outputs), archive)
            say(f"{tenant}: {sum(taken.counts.values())} records of {len(taken.counts)} types read")
            stored = documents(operator, outputs["bucket"], archive)
            read = audit(trail(operator, outputs, self._route(outputs)), archive)
            say(f"{tenant}: {stored.count} documents and {read.count} audit events read")
            chain = read.chain.told()
            say(f"{tenant}: audit trail: {'; '.join(chain['flaws']) or 'whole, by its hashes'}")
            told: dict[str, Any] = {
                "records": taken.counts, "documents": stored.count, "auditEvents": read.count,
            }  # fmt: skip
            times = {"begun": begun, "transactionTime": taken.transaction_time, "ended": now()}
            manifest = archive.close({"tenant": tenant, **times, "counts": told, "auditChain": chain})
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
            "auditChain": chain,
            "marks": {"records": taken.marks, "documents": stored.told()},
        }

    def written_since(self, outputs: dict[str, Any], instant: str) -> int:
        """Resources and documents made or changed after an instant; `changes` sees deletions too."""
        found = versions(self._route(outputs), instant)
        changed = sum(int(each["count"]) for each in found.values())
        return changed + documents_since(Operator(self.google), outputs["bucket"], instant)

    def changes(self, outputs: dict[str, Any], export: dict[str, Any]) -> list[str]:
        """A sentence for each type of records, and for the documents, that is not what was exported.

        `export` is what `export` gave. Whatever was made, changed or deleted since makes a difference.
        """
        if "marks" not in export:
            return ["export: it was made by an earlier release, which kept nothing to compare with"]
        then: dict[str, Any] = export["marks"]["records"]
        there = versions(self._route(outputs))
        stored = documents_now(Operator(self.google), outputs["bucket"]).told()
        found = {
            kind: difference(then.get(kind), there.get(kind)) for kind in sorted(then.keys() | there.keys())
        }
        found |= {"documents": difference(export["marks"]["documents"], stored)}
        return [f"{kind}: {words}" for kind, words in found.items() if words]

    def _route(self, outputs: dict[str, Any]) -> Route:
        reached = f"{outputs['serviceUrl']}/fhir" if self.rehearsed else ""
        return Route(outputs["fhirUrl"], self.token_command, reached)

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
