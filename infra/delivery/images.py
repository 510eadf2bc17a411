"""The images that build the image: by digest, so that what runs tomorrow is what was looked at today."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.errors import ConfigError

NEEDED = ("base", "build", "gcloud", "sbom")
_DIGEST = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)+@sha256:[0-9a-f]{64}")


def by_digest(key: str, reference: str) -> str:
    """The reference, if it names a registry, a path and a digest; a tag may move, so it is an error."""
    if not _DIGEST.fullmatch(reference):
        raise ConfigError(key, reference, "REGISTRY/PATH@sha256: and 64 hexadecimal digits")
    return reference


@dataclass(frozen=True)
class StepImages:
    """`base`: what the runtime's image starts from. `build`: a kaniko executor. `sbom`: syft. `gcloud`: the
    Google Cloud CLI with bash. The registries must be reachable from the private pool."""

    base: str
    build: str
    gcloud: str
    sbom: str

    def __post_init__(self) -> None:
        for name in NEEDED:
            by_digest(f"images.{name}", getattr(self, name))

    @classmethod
    def of(cls, given: Mapping[str, str]) -> StepImages:
        """From configuration: every name once, no other."""
        for name in sorted(set(NEEDED) ^ set(given)):
            raise ConfigError(f"images.{name}", given.get(name), NEEDED)
        return cls(**given)
