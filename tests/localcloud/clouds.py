"""A cloud without a server, ended in order: a key change may have woken other services in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud.cloud import Cloud
from localcloud.registry import STOPPERS
from tests.localcloud.harness import make_cloud


@contextmanager
def local_cloud(home: Path) -> Iterator[Cloud]:
    """`make_cloud`, with every service's stop hook run at the end."""
    cloud = make_cloud(home)
    try:
        yield cloud
    finally:
        for hook in reversed(STOPPERS):
            hook(cloud)
        cloud.store.close()
