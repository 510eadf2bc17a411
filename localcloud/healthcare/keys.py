"""Customer-managed keys of datasets: asked when one is made and on every use of what lies in it."""

from __future__ import annotations

import time

from localcloud import cmek
from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.healthcare.names import API, dataset_of, location_of, service_agent

_SECONDS = 2.0
_usable: dict[tuple[str, str], float] = {}
"""Until when a dataset's key need not be asked for again."""


def require_for(cloud: Cloud, dataset: str, body: Json | None) -> None:
    """Refuse where the dataset names a key that the service agent cannot use now."""
    key = ((body or {}).get("encryptionSpec") or {}).get("kmsKeyName")
    if key:
        cmek.require_key(cloud, key, location_of(dataset), service_agent(cloud, dataset).member)


def require(cloud: Cloud, name: str) -> None:
    """The same for anything inside a dataset, remembered for a moment."""
    dataset = dataset_of(name)
    place = (str(cloud.settings.home), dataset)
    if time.monotonic() < _usable.get(place, 0.0):
        return
    require_for(cloud, dataset, cloud.store.get(API, dataset))
    _usable[place] = time.monotonic() + _SECONDS


@cmek.on_key_change
def forget(cloud: Cloud, key_name: str) -> None:
    """A key changed: ask again for everything."""
    _usable.clear()
