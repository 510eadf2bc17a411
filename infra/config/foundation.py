"""Configuration of a foundation's stack."""

from __future__ import annotations

from dataclasses import dataclass

from infra.config import common
from infra.config.source import Source
from infra.jurisdiction import Jurisdiction
from infra.profile import Profile


@dataclass(frozen=True)
class FoundationConfig:
    """Once a jurisdiction."""

    place: str
    project: str
    """Of the jurisdiction's audit trail."""
    jurisdiction: Jurisdiction
    profile: Profile
    region: str
    organization_stack: str
    contacts: tuple[str, ...]
    billing_account: str | None
    audit_locked: bool
    protected: bool


def read(source: Source) -> FoundationConfig:
    area = common.area(source)
    return FoundationConfig(
        place=common.place(source),
        project=common.project(source),
        jurisdiction=area,
        profile=common.chosen_profile(source),
        region=common.region(source, area),
        organization_stack=common.stack(source, "organization"),
        contacts=common.contacts(source),
        billing_account=source.get("careplane:billingAccount"),
        audit_locked=common.audit_locked(source),
        protected=common.protected(source),
    )
