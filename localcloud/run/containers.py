"""Which command an image stands for. There is no container engine: the image `runtime` is this checkout's."""

from __future__ import annotations

import json
import sys

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud

_PYTHON = ("python", "python3", "/usr/bin/python3", "/usr/local/bin/python")


def short_name(image: str) -> str:
    """`europe-west3-docker.pkg.dev/p/careplane/runtime:1@sha256:…` is `runtime`."""
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0]


def _registered(cloud: Cloud) -> dict[str, list[str]]:
    """Commands for further images, by full image name: private value `images` of the service `run`."""
    value = cloud.store.private("run", "images")
    return json.loads(value) if value else {}


def entry_point(cloud: Cloud, image: str) -> list[str]:
    registered = _registered(cloud)
    if image in registered:
        return registered[image]
    if short_name(image) == "runtime":
        return [sys.executable, "-m", "runtime"]
    raise ApiError(
        400,
        f"ContainerMissing: image '{image}' not found. Only an image named …/runtime can run here.",
        "FAILED_PRECONDITION",
        reason="ContainerMissing",
    )


def command(cloud: Cloud, container: Json, default_args: list[str]) -> list[str]:
    """A container's command line: its own `command` replaces the image's entry point, as on Cloud Run."""
    start = entry_point(cloud, container.get("image", ""))
    own = list(container.get("command") or [])
    if own:
        start = [sys.executable if own[0] in _PYTHON else own[0], *own[1:]]
        return [*start, *(container.get("args") or [])]
    return [*start, *(container.get("args") or default_args)]
