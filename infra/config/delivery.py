"""Configuration of a cell's delivery: `careplane:delivery` and what is done with unattested images."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.config import values
from infra.config.source import Source
from infra.delivery.images import NEEDED, StepImages, by_digest
from infra.delivery.severities import SEVERITIES
from infra.errors import ConfigError

KEY = "careplane:delivery"
_REPOSITORY = re.compile(r"projects/[^/]+/locations/[^/]+/connections/[^/]+/repositories/[^/]+")
_TOPIC = re.compile(r"[A-Za-z][\w.~+%-]{2,254}")
_ARGUMENT = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class DeliveryConfig:
    """How the runtime's image is built, in a cell of its first site."""

    repository: str
    """A connected source repository by full name."""
    branch: str
    """Branches that are built, as a regular expression."""
    images: StepImages
    severity: str = "HIGH"
    """The mildest vulnerability that ends a build."""
    proposals: str | None = None
    """Name of the topic that hears of attested digests."""
    promotes: tuple[str, ...] = ()
    """Pooled tenants whose services get a digest once a person approves it; their stacks must be up."""
    build_arguments: Mapping[str, str] = field(default_factory=dict)
    """For the Dockerfile: mirrors, never secrets."""


def read(source: Source) -> DeliveryConfig | None:
    needed, optional = (
        ("repository", "branch", "images"),
        ("severity", "proposals", "promotes", "buildArguments"),
    )
    found = values.mapping(source, KEY, needed, optional)
    if found is None:
        return None
    if source.get("careplane:pairedCell") is not None:
        raise ConfigError(KEY, "given", "nothing at a second site: the first one builds for both")
    return DeliveryConfig(
        repository=_repository(found["repository"]),
        branch=_branch(found["branch"]),
        images=_images(found["images"]),
        severity=_severity(found.get("severity", "HIGH")),
        proposals=_proposals(found.get("proposals")),
        promotes=_promotes(source, found),
        build_arguments=_arguments(found.get("buildArguments")),
    )


def enforced(source: Source) -> bool:
    """Whether images without an attestation are blocked, rather than only logged."""
    found = values.choice(source, "careplane:admission", ("dry-run", "enforced"), "dry-run") == "enforced"
    if found and source.get(KEY) is None:
        raise ConfigError(KEY, None, "what attests images, where careplane:admission is enforced")
    return found


def _repository(given: Any) -> str:
    if not _REPOSITORY.fullmatch(str(given)):
        allowed = "projects/PROJECT/locations/REGION/connections/NAME/repositories/NAME"
        raise ConfigError(f"{KEY}.repository", given, allowed)
    return str(given)


def _branch(given: Any) -> str:
    try:
        re.compile(str(given))
    except re.error as error:
        raise ConfigError(f"{KEY}.branch", given, "a regular expression such as ^main$") from error
    return str(given)


def _images(given: Any) -> StepImages:
    found = values.named(f"{KEY}.images", given, NEEDED)
    return StepImages(**{name: by_digest(f"{KEY}.images.{name}", str(found[name])) for name in NEEDED})


def _severity(given: Any) -> str:
    if given not in SEVERITIES:
        raise ConfigError(f"{KEY}.severity", given, SEVERITIES)
    return str(given)


def _proposals(given: Any) -> str | None:
    if given is not None and not _TOPIC.fullmatch(str(given)):
        raise ConfigError(f"{KEY}.proposals", given, "a topic's name, 3 to 255 characters, a letter first")
    return None if given is None else str(given)


def _promotes(source: Source, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Promotion deploys in the cell's project, where pooled tenants' services are."""
    key, given = f"{KEY}.promotes", found.get("promotes") or []
    if not isinstance(given, list):
        raise ConfigError(key, given, "a list of pooled tenants")
    if given and found.get("proposals") is None:
        raise ConfigError(f"{KEY}.proposals", None, f"the topic that {key} listens to")
    dedicated = values.strings(source, "careplane:dedicatedTenants")
    for tenant in given:
        if tenant in dedicated or given.count(tenant) > 1:
            raise ConfigError(key, tenant, "pooled tenants, each once")
    return tuple(values.label(key, tenant) for tenant in given)


def _arguments(given: Any) -> dict[str, str]:
    key, found = f"{KEY}.buildArguments", given or {}
    if not isinstance(found, dict) or not all(_ARGUMENT.fullmatch(str(name)) for name in found):
        raise ConfigError(key, given, "a mapping of build arguments' names to texts")
    return {str(name): str(value) for name, value in found.items()}
