"""The access review: who holds which role on what, as the judged states have it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from policies.resource import SECRET, Properties, Resource, UnknownValue
from policies.state import State

_MEMBER, _BINDING, _POLICY = ("iammember",), ("iambinding",), ("iampolicy",)
_SQL_USER = "gcp:sql/user:User"
_ENTITLEMENT = "gcp:privilegedaccessmanager/entitlement:entitlement"
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


class Grant(NamedTuple):
    """One member's role on one thing; `condition` is IAM's expression, `how` the resource type."""

    stack: str
    on: str
    role: str
    member: str
    condition: str
    how: str
    resource: str


def review(states: Iterable[State]) -> list[Grant]:
    """Every grant of IAM, every database user and every entitlement, in order."""
    found = {grant for state in states for resource in state.resources for grant in _grants(resource)}
    return sorted(found)


def _grants(resource: Resource) -> Iterator[Grant]:
    token = resource.type.rsplit(":", 1)[-1].lower()
    if token.endswith(_MEMBER):
        yield _grant(resource, _text(resource, "role"), _text(resource, "member"))
    elif token.endswith(_BINDING):
        for member in _list(resource, "members"):
            yield _grant(resource, _text(resource, "role"), str(member))
    elif token.endswith(_POLICY):
        yield from _policy(resource)
    elif resource.type == _SQL_USER:
        kind = _text(resource, "type") or "BUILT_IN"
        on = f"{_text(resource, 'project')}/{_text(resource, 'instance')}".strip("/")
        yield _grant(resource, f"database user ({kind})", _text(resource, "name"))._replace(on=on)
    elif resource.type.lower() == _ENTITLEMENT:
        yield from _entitlement(resource)


def _policy(resource: Resource) -> Iterator[Grant]:
    """A whole policy: `policyData` is Google's JSON."""
    try:
        policy: Any = json.loads(_text(resource, "policyData") or "{}")
        bindings = policy.get("bindings") or []
        for binding in bindings:
            for member in binding.get("members") or []:
                yield _grant(resource, str(binding.get("role")), str(member))
    except (ValueError, AttributeError, TypeError, RecursionError):
        yield _grant(resource, "unreadable policy", "")


def _entitlement(resource: Resource) -> Iterator[Grant]:
    """Who may take which roles for a while (Privileged Access Manager)."""
    at = "privilegedAccess.gcpIamAccess.roleBindings"
    roles = list(_known(_known_text(each, "role", "?") for _, each in resource.each(at)))
    for member in _known(_eligible(resource)):
        for role in roles or ["?"]:
            yield _grant(resource, f"{role} (on request)", member)


def _eligible(resource: Resource) -> Iterator[str]:
    for _, eligible in resource.each("eligibleUsers"):
        yield from _known(str(member) for _, member in eligible.items_at("principals"))


def _known(found: Iterator[str]) -> Iterator[str]:
    """What is known of it, and a word for the rest."""
    try:
        yield from found
    except UnknownValue:
        yield "[unknown]"


def _known_text(properties: Properties, key: str, absent: str = "") -> str:
    try:
        value = properties.get(key)
    except UnknownValue:
        return "[unknown]"
    return "[secret]" if value is SECRET else absent if value is None else str(value)


def _grant(resource: Resource, role: str, member: str) -> Grant:
    return Grant(
        resource.stack,
        _on(resource, role, member),
        role,
        member,
        _condition(resource),
        resource.type,
        resource.name,
    )


def _on(resource: Resource, role: str, member: str) -> str:
    """What the role is on: the provider's id without role and member, which it ends in."""
    if f"/{role}" in resource.id:
        return resource.id.split(f"/{role}", 1)[0]
    for key in ("project", "folder", "orgId", "bucket", "serviceAccountId", "cryptoKeyId"):
        if found := _text(resource, key):
            return found
    return resource.name


def _condition(resource: Resource) -> str:
    try:
        given = resource.properties.get("condition")
    except UnknownValue:
        return "[unknown]"
    return str(given.get("expression") or given.get("title") or "") if isinstance(given, Properties) else ""


def _text(resource: Resource, key: str) -> str:
    return _known_text(resource.properties, key)


def _list(resource: Resource, key: str) -> Sequence[Any]:
    try:
        value = resource.properties.get(key)
    except UnknownValue:
        return ["[unknown]"]
    return ["[secret]"] if value is SECRET else value if isinstance(value, list) else []


def as_csv(grants: Iterable[Grant]) -> str:
    """For spreadsheets: a cell that one would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Grant._fields)
    writer.writerows([_cell(value) for value in grant] for grant in grants)
    return text.getvalue()


def _cell(value: str) -> str:
    """https://owasp.org/www-community/attacks/CSV_Injection"""
    return f"'{value}" if value.startswith(_RISKY) else value


def as_json(grants: Iterable[Grant]) -> str:
    return json.dumps([grant._asdict() for grant in grants], indent=2) + "\n"
