"""What a cell is told of its delivery, as its stack file says it."""

from __future__ import annotations

from typing import Any

IMAGES = {
    name: f"europe-west3-docker.pkg.dev/careplane-cell/tools/{name}@sha256:" + str(number) * 64
    for number, name in enumerate(("base", "build", "gcloud", "sbom"))
}
DELIVERY: dict[str, Any] = {
    "repository": "projects/careplane-cell/locations/europe-west3/connections/git/repositories/careplane",
    "branch": "^main$",
    "images": IMAGES,
}


def delivery(**changes: Any) -> dict[str, Any]:
    """With some sub-keys changed; None removes one."""
    return {key: value for key, value in {**DELIVERY, **changes}.items() if value is not None}
