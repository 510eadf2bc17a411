"""A cell's Redis, for what may be lost: rate limits and sessions, never records."""

from __future__ import annotations

from infra.cache.redis import Redis, RedisArgs
from infra.config import CellConfig
from infra.site import Site
from infra.stack.cell_keys import Keys
from infra.stack.housing import Housing


def build(config: CellConfig, site: Site, housing: Housing, keys: Keys) -> Redis:
    return Redis(
        "cache",
        RedisArgs(
            site,
            f"cell-{config.site}",
            housing.network,
            keys.ring.keys["data"].id,
            depends_on=(*housing.private_services, *keys.granted("data")),
        ),
    )
