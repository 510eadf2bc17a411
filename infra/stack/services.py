"""Google's services that each kind of project uses, and whose agents need the use of our keys."""

from __future__ import annotations

from infra.config import CellConfig
from infra.profile import Profile

_ADMISSION = "binaryauthorization"
_TENANT = (
    _ADMISSION,
    "cloudkms",
    "compute",
    "healthcare",
    "iam",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "secretmanager",
    "servicenetworking",
    "sqladmin",
    "storage",
)
_CELL = ("artifactregistry", "dns")
_EDGE = ("certificatemanager",)
_DELIVERY = ("cloudbuild", "containeranalysis", "containerscanning")
_BIGQUERY = "bigquery"
_ANALYTICS = (_BIGQUERY, "cloudscheduler")
_CACHE = ("redis",)
_BUDGET = ("billingbudgets",)
_HEALTHCARE = "healthcare"

EVERY = tuple(
    sorted({*_TENANT, *_CELL, *_EDGE, *_DELIVERY, *_ANALYTICS, *_CACHE, *_BUDGET, "cloudtasks", "eventarc"})
)
"""All that may be used below a foundation's folder."""

_AGENTS = ("healthcare", "pubsub", "run", "secretmanager", "sqladmin", "storage")


def of_tenant(profile: Profile, *, analytics: bool = False) -> tuple[str, ...]:
    """Services of a dedicated tenant's project."""
    return _without_healthcare(profile, (*_TENANT, *(_ANALYTICS if analytics else ())))


def of_cell(config: CellConfig) -> tuple[str, ...]:
    """Services of the cell's own project: only what its configuration asks for."""
    optional = (
        (_EDGE, config.domain),
        (_DELIVERY, config.delivery),
        (_ANALYTICS, config.analytics),
        (_CACHE, config.cache),
        (_BUDGET, config.monthly_budget),
    )
    wanted = [name for names, asked in optional if asked for name in names]
    return _without_healthcare(config.profile, (*_TENANT, *_CELL, *wanted))


def agents_of_tenant(
    profile: Profile, *, admission: bool = False, analytics: bool = False
) -> tuple[str, ...]:
    """`admission` where the cell says which images may run: the project's agent asks the cell's attestor."""
    more = (*((_ADMISSION,) if admission else ()), *((_BIGQUERY,) if analytics else ()))
    return _without_healthcare(profile, (*_AGENTS, *more))


def agents_of_cell(config: CellConfig) -> tuple[str, ...]:
    more = (*(_CACHE if config.cache else ()), *((_BIGQUERY,) if config.analytics else ()))
    return _without_healthcare(config.profile, (*_AGENTS, "artifactregistry", "logging", *more))


def _without_healthcare(profile: Profile, names: tuple[str, ...]) -> tuple[str, ...]:
    """The profile that keeps records in Cloud SQL does without the Healthcare API."""
    return tuple(name for name in names if name != _HEALTHCARE or profile.fhir == _HEALTHCARE)
