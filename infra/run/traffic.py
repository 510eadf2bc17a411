"""How requests are split between revisions: blue and green side by side, each under a tag of its own.

https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.errors import ConfigError

LATEST = "latest"
_TYPE = "TRAFFIC_TARGET_ALLOCATION_TYPE_"


@dataclass(frozen=True)
class Share:
    """`percent` of the requests; `tag` gives the revision an address of its own, which 0 % needs."""

    percent: int
    tag: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise ConfigError("traffic percent", self.percent, "0 to 100")
        if self.tag is not None and not re.fullmatch(r"[a-z]([a-z0-9-]{0,45}[a-z0-9])?", self.tag):
            raise ConfigError("traffic tag", self.tag, "a letter, then letters, digits and hyphens")
        if self.percent == 0 and self.tag is None:
            raise ConfigError("traffic tag", None, "a tag: without requests a revision needs an address")


def check(service: str, revision: str | None, traffic: Mapping[str, Share]) -> None:
    """Revisions are named after their service, shares make a hundred, and a tag is given once."""
    for name in [*([revision] if revision else []), *(each for each in traffic if each != LATEST)]:
        if len(name) > 63 or not re.fullmatch(re.escape(service) + r"-[a-z0-9-]*[a-z0-9]", name):
            raise ConfigError("revision", name, f"a name that begins with {service}-, 63 letters at most")
    total = sum(share.percent for share in traffic.values())
    if traffic and total != 100:
        raise ConfigError("traffic", f"{total} % in all", "100 % in all")
    tags = [share.tag for share in traffic.values() if share.tag]
    for tag in tags:
        if tags.count(tag) > 1:
            raise ConfigError("traffic tag", tag, "each tag once")


def targets(traffic: Mapping[str, Share]) -> list[Any]:
    """All to the latest revision where nothing else was asked for."""
    if not traffic:
        return [{"type": f"{_TYPE}LATEST", "percent": 100}]
    return [_target(revision, share) for revision, share in sorted(traffic.items())]


def _target(revision: str, share: Share) -> dict[str, Any]:
    where = (
        {"type": f"{_TYPE}LATEST"}
        if revision == LATEST
        else {"type": f"{_TYPE}REVISION", "revision": revision}
    )
    return {**where, "percent": share.percent, **({"tag": share.tag} if share.tag else {})}
