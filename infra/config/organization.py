"""Configuration of an organisation's stack."""

from __future__ import annotations

from dataclasses import dataclass

from infra.config import common, values
from infra.config.source import Source
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction


@dataclass(frozen=True)
class OrganizationConfig:
    """Once an organisation."""

    place: str
    organization: str
    project: str
    region: str
    jurisdiction: Jurisdiction
    """Of the organisation's own audit trail; foundations have their own."""
    operators: tuple[str, ...]
    contacts: tuple[str, ...]
    customers: tuple[str, ...]
    """Cloud Identity customers (`C…`) whose people may hold roles."""
    break_glass: tuple[str, ...]
    """Who may ask for emergency access."""
    approvers: tuple[str, ...]
    """Who grants it."""
    billing_account: str | None
    ci_issuer: str | None
    ci_condition: str | None
    audit_locked: bool
    protected: bool


def read(source: Source) -> OrganizationConfig:
    area = common.area(source)
    issuer, condition = _ci(source)
    return OrganizationConfig(
        place=common.place(source),
        organization=_number(source),
        project=common.project(source),
        region=common.region(source, area),
        jurisdiction=area,
        operators=values.members(source, "careplane:operators", ("user", "serviceAccount")),
        contacts=common.contacts(source),
        customers=_customers(source),
        break_glass=values.members(source, "careplane:breakGlass", ("group", "user")),
        approvers=_approvers(source),
        billing_account=source.get("careplane:billingAccount"),
        ci_issuer=issuer,
        ci_condition=condition,
        audit_locked=common.audit_locked(source),
        protected=common.protected(source),
    )


def _number(source: Source) -> str:
    number = str(values.required(source, "careplane:organization", "the number of the organisation"))
    if not number.isdigit():
        raise ConfigError("careplane:organization", number, "the number of the organisation")
    return number


def _customers(source: Source) -> tuple[str, ...]:
    found = values.strings(source, "careplane:allowedCustomers")
    if not found:
        raise ConfigError(
            "careplane:allowedCustomers", None, "Cloud Identity customer ids, such as C0123abcd"
        )
    for each in found:
        if not (each[:1] == "C" and each[1:].isalnum()):
            raise ConfigError(
                "careplane:allowedCustomers", each, "Cloud Identity customer ids, such as C0123abcd"
            )
    return found


def _approvers(source: Source) -> tuple[str, ...]:
    found = values.members(source, "careplane:breakGlassApprovers", ("group", "user"))
    if source.get("careplane:breakGlass") and not found:
        raise ConfigError(
            "careplane:breakGlassApprovers", None, "who grants what careplane:breakGlass asks for"
        )
    return found


def _ci(source: Source) -> tuple[str | None, str | None]:
    issuer, condition = source.get("careplane:ciIssuer"), source.get("careplane:ciCondition")
    if issuer and not condition:
        raise ConfigError("careplane:ciCondition", None, "a condition on the token's attributes (check 31)")
    return issuer, condition
