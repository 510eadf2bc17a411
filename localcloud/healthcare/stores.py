"""Open FHIR stores: one FhirService each, made when first used and again when its settings change."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.healthcare import databases, notifier
from localcloud.healthcare.names import API
from runtime.fhir.config import StoreConfig
from runtime.fhir.service import FhirService


@dataclass
class _Open:
    """The open stores of one local cloud, by name."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    services: dict[str, tuple[StoreConfig, FhirService]] = field(default_factory=dict)


_clouds: dict[str, _Open] = {}


def _of(cloud: Cloud) -> _Open:
    return _clouds.setdefault(str(cloud.settings.home), _Open())


def config_of(body: Json) -> StoreConfig:
    """What a fhirStore resource asks for, in the store's words; and what Google's stores leave out."""
    return StoreConfig(
        counts=False,
        update_create=bool(body.get("enableUpdateCreate")),
        strict_search=bool(body.get("defaultSearchHandlingStrict")),
        referential_integrity=not body.get("disableReferentialIntegrity"),
        versioning=not body.get("disableResourceVersioning"),
        notify=bool(notifier.topics(body)),
    )


def base_url(cloud: Cloud, store: str) -> str:
    return f"{cloud.settings.url(API)}/v1/{store}/fhir"


def service(cloud: Cloud, store: str, body: Json) -> FhirService:
    """The open service of a store whose resource is `body`."""
    found, config = _of(cloud), config_of(body)
    held = found.services.get(store)
    if held is not None and held[0] == config:
        return held[1]
    with found.lock:
        held = found.services.get(store)
        if held is None or held[0] != config:
            made = FhirService(
                databases.dsn(cloud, store),
                base_url(cloud, store),
                config,
                on_change=(lambda: notifier.wake(cloud, store)) if config.notify else None,
                now=cloud.clock.now,
            ).open()
            found.services[store] = (config, made)
            if held is not None:
                held[1].close()
        return found.services[store][1]


def forget(cloud: Cloud, store: str) -> None:
    """Close a store that is about to go."""
    found = _of(cloud)
    with found.lock:
        held = found.services.pop(store, None)
    if held is not None:
        held[1].close()


def close_all(cloud: Cloud) -> None:
    for name in list(_of(cloud).services):
        forget(cloud, name)
    _clouds.pop(str(cloud.settings.home), None)
