"""Walks over every resource of a type as it was at the export's transaction time.

The walk is ordered by id, which no write changes: whatever is there from its beginning to its end is met
once, and a page is all that is in memory. A resource that was written after the transaction time is given in
the version that was current then, which its history still has; one that was made after it is left out, for
the next export with `_since`. Should the history not reach back (a store without versions), the newer version
is given: the specification has rather too much than too little (it requires what was modified up to that
instant, and only advises against what was modified later). What is deleted before its page is read is not
given any more: there are then fewer lines than the manifest counts, and who downloads them can tell.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from runtime.bulk.counting import changed_after
from runtime.bulk.job import ExportJob
from runtime.bulk.reader import Json, Reader, following, resources

PAGE = 500
"""Resources at a time; stores give fewer of large ones."""
_VERSIONS = 50
_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


@dataclass(frozen=True)
class Walk:
    reader: Reader
    job: ExportJob
    kind: str

    async def pages(self) -> AsyncIterator[list[Json]]:
        asked = [*changed_after(self.job), ("_sort", "_id"), ("_count", str(PAGE))]
        if elements := self._elements():
            asked.append(("_elements", ",".join(elements)))
        query = urlencode(asked)
        while query:
            bundle = await self.reader.bundle(f"/{self.kind}", query)
            found = [await self._as_of(each) for each in resources(bundle, self.kind)]
            yield [self._subset(each) for each in found if each is not None]
            query = following(bundle)

    async def _as_of(self, resource: Json) -> Json | None:
        """The version at the transaction time; None where there was none, or none since `_since`."""
        if _updated(resource) <= self.job.transaction_time:
            return resource
        query, oldest = f"_count={_VERSIONS}", None
        while query:
            bundle = await self.reader.bundle(f"/{self.kind}/{resource['id']}/_history", query)
            for entry in bundle.get("entry", []):
                version, oldest = entry.get("resource"), entry
                if not version or entry.get("request", {}).get("method") == "DELETE":
                    if _at(entry) <= self.job.transaction_time:
                        return None
                elif (at := _updated(version)) <= self.job.transaction_time:
                    return version if self.job.since is None or at > self.job.since else None
            query = following(bundle)
        return None if oldest is None or _creates(oldest) else resource

    def _elements(self) -> tuple[str, ...]:
        """Of this type: `name` and `Patient.name` are both the Patient's `name`."""
        prefix = f"{self.kind}."
        names = (each.removeprefix(prefix) for each in self.job.elements)
        wanted = tuple(each for each in names if "." not in each)
        return tuple(dict.fromkeys(("id", "meta", *wanted))) if wanted else ()

    def _subset(self, resource: Json) -> Json:
        elements = self._elements()
        if not elements:
            return resource
        kept = {name: resource[name] for name in ("resourceType", *elements) if name in resource}
        meta = kept.get("meta", {})
        tags = [tag for tag in meta.get("tag", []) if tag.get("code") != "SUBSETTED"]
        return {**kept, "meta": {**meta, "tag": [*tags, _SUBSETTED]}}


def _updated(resource: Json) -> datetime:
    return datetime.fromisoformat(resource["meta"]["lastUpdated"])


def _at(entry: Json) -> datetime:
    """Of a deletion, which has no resource; the end of time where the store does not say."""
    text = entry.get("response", {}).get("lastModified")
    return datetime.fromisoformat(text) if text else datetime.max.replace(tzinfo=UTC)


def _creates(entry: Json) -> bool:
    created = str(entry.get("response", {}).get("status", "")).startswith("201")
    return created or entry.get("request", {}).get("method") == "POST"
