"""Counts what an export holds, a page at a time, so that a client can tell whether it got everything.

Google's search has no `_summary=count`, and its total is an estimate until the last page
(https://cloud.google.com/healthcare-api/docs/fhir): there every page of ids is read.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlencode

from runtime.bulk.job import ExportJob, Progress
from runtime.bulk.reader import Reader, following, resources

_AT_ONCE = 8
_PAGE = 1000


@dataclass(frozen=True)
class Counting:
    reader: Reader

    async def step(self, job: ExportJob) -> Progress:
        """One page of each of the next types."""
        kinds = job.pending[:_AT_ONCE]
        found = await asyncio.gather(*(self._page(job, kind) for kind in kinds))
        counted, open_ = dict(job.progress.counted), dict(job.progress.open)
        for kind, (number, query) in zip(kinds, found, strict=True):
            open_.pop(kind, None)
            if query:
                open_[kind] = (number, query)
            else:
                counted[kind] = number if not number or await self._unchanged(job, kind) else None
        return Progress(counted, open_)

    async def _page(self, job: ExportJob, kind: str) -> tuple[int, str]:
        """How many so far, and the query of the next page."""
        asked = changed_after(job)
        if self.reader.parts.outside.store.counts:
            bundle = await self.reader.bundle(f"/{kind}", urlencode([*asked, ("_summary", "count")]))
            return int(bundle["total"].encoded_json) if bundle else 0, ""
        more = [("_sort", "_id"), ("_elements", "id"), ("_count", str(_PAGE))]
        number, query = job.progress.open.get(kind, (0, urlencode([*asked, *more])))
        bundle = await self.reader.bundle(f"/{kind}", query)
        return number + len(resources(bundle, kind)), following(bundle)

    async def _unchanged(self, job: ExportJob, kind: str) -> bool:
        """Whether what was counted is what there was at the transaction time, but for deletions."""
        later = [("_lastUpdated", f"gt{job.transaction_time.isoformat()}"), ("_count", "1")]
        return not resources(await self.reader.bundle(f"/{kind}", urlencode(later)), kind)


def changed_after(job: ExportJob) -> list[tuple[str, str]]:
    """The export's `_since` as a search parameter."""
    return [("_lastUpdated", f"gt{job.since.isoformat()}")] if job.since else []
