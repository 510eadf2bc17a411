"""How one store behaves; the names in brackets are the Healthcare API's fields for the same thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StoreConfig:
    update_create: bool = True
    """A PUT to an id that does not exist creates it [enableUpdateCreate]."""
    strict_search: bool = False
    """An unknown search parameter is an error [defaultSearchHandlingStrict]; `Prefer: handling=` wins."""
    referential_integrity: bool = True
    """A reference inside the store must lead somewhere [not disableReferentialIntegrity]."""
    versioning: bool = True
    """Superseded versions are kept [not disableResourceVersioning]."""
    counts: bool = True
    """Answers a search with `_summary=count`; the Healthcare API's stores do not:
    https://cloud.google.com/healthcare-api/docs/fhir."""
    notify: bool = False
    """Each change leaves a row in the outbox, for `FhirService.drain`."""


MAX_ENTRIES = 4500
MAX_BUNDLE_BYTES = 50 * 1024 * 1024
"""What the Healthcare API takes in one bundle (https://cloud.google.com/healthcare-api/quotas)."""
