"""Reads bundles from the tenant's store: decrypted, with the tenant's addresses, as searches are answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from runtime.clients.healthcare import StoreAnswer
from runtime.errors import Unavailable
from runtime.jsontext import parse_exact
from runtime.parts import Parts
from runtime.rewrite import Rewrite

Json = dict[str, Any]
_HEADERS = {"accept": "application/fhir+json", "prefer": "handling=lenient"}
"""Lenient: `_elements` only saves the store work, and one that does not know it may ignore it."""
_PAUSES = (0.2, 1.0)
"""Seconds before a page is asked for again; a long download should not end at one refusal."""


@dataclass(frozen=True)
class Reader:
    parts: Parts
    fhir_url: str

    async def bundle(self, path: str, query: str) -> Json:
        """Numbers stay the text that they were. Empty where the resource is gone."""
        for pause in (*_PAUSES, None):
            try:
                answer = await self.parts.outside.store.send("GET", path, query, _HEADERS)
            except Unavailable:
                if pause is None:
                    raise
            else:
                if answer.status in (404, 410):
                    return {}
                if answer.status == 200:
                    return await asyncio.to_thread(self._read, answer)
                if pause is None or (answer.status != 429 and answer.status < 500):
                    raise Unavailable("The FHIR store refuses to be read for an export.", status=502)
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _read(self, answer: StoreAnswer) -> Json:
        rewrite = Rewrite(self.parts.outside.store.addresses, self.fhir_url)
        found: Json = parse_exact(rewrite.outward(self.parts.identifiers.open(answer.body)))
        return found


def resources(bundle: Json, kind: str) -> list[Json]:
    """Without what else a search may answer, such as an OperationOutcome."""
    found = (entry.get("resource") or {} for entry in bundle.get("entry", []))
    return [each for each in found if each.get("resourceType") == kind]


def following(bundle: Json) -> str:
    """The query of the next page; empty at the end."""
    links = {link["relation"]: link["url"] for link in bundle.get("link", [])}
    return urlsplit(links["next"]).query if "next" in links else ""
