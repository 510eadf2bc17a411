"""Every project of a cell lies in a service perimeter."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.boundary import PROJECT
from policies.rules.controls import BOUNDARY
from policies.rules.once import once_per_stack
from policies.rules.perimeters import PERIMETER, PERIMETERS, additions, perimeters
from policies.rules.read import text, values
from policies.rules.sites import elsewhere, require_kind
from policies.stack import ROOT, Stack

_DATA = (
    "gcp:healthcare/dataset:Dataset",
    "gcp:sql/databaseInstance:DatabaseInstance",
    "gcp:storage/bucket:Bucket",
    "gcp:pubsub/topic:Topic",
    "gcp:cloudrunv2/service:Service",
    "gcp:kms/keyRing:KeyRing",
    "gcp:secretmanager/secret:Secret",
    "gcp:bigquery/dataset:Dataset",
)
"""What a perimeter is there to guard."""
_CELL = {"jurisdiction": "eu", "profile": "saas", "kind": "cell"}


@once_per_stack
def _inside(stack: Stack) -> tuple[frozenset[str], UnknownValue | None]:
    """Projects in a perimeter, enforced or, where nothing is enforced yet (check 50), rehearsed."""
    found: set[str] = set()
    unknown = None
    for resource in stack.of(PERIMETER, PERIMETERS):
        try:
            for _, perimeter in perimeters(resource):
                found.update(_members(perimeter, resource, stack))
        except UnknownValue as not_yet:
            unknown = not_yet
    return frozenset(found), unknown


def _members(perimeter: Properties, resource: Resource, stack: Stack) -> Iterator[str]:
    if perimeter.get("perimeterType") == "PERIMETER_TYPE_BRIDGE":
        return
    enforced = perimeter.get("status") is not None
    for _, each in values(perimeter, "status.resources" if enforced else "spec.resources"):
        yield str(each)
    more = additions(stack, resource)
    yield from more.enforced if enforced else more.rehearsed


def _case(number: str) -> Case:
    perimeter = Given(PERIMETER, {"status": {"resources": ["projects/1"]}}, "perimeter")
    return Case((Given(PROJECT, {"number": number}), perimeter), _CELL)


@rule(
    id="project-in-perimeter",
    number=49,
    title="Every project that holds patient data lies in a service perimeter",
    remedy="Add projects/<number> to status.resources of the cell's ServicePerimeter.",
    severity="critical",
    types=(PROJECT, ROOT),
    controls=BOUNDARY,
    fails=_case("2"),
    passes=_case("1"),
    whole=True,
)
def project_in_perimeter(resource: Resource, stack: Stack) -> Iterator[Problem]:
    require_kind(stack, "projects and their perimeter are made together", "cell")
    if resource.type == ROOT:
        yield from _others(stack)
        return
    inside, unknown = _inside(stack)
    number = resource.at("number")
    if number and f"projects/{number}" in inside:
        return
    if unknown is not None or not number:
        raise unknown or UnknownValue("number", "Google has not numbered the project yet")
    if not inside:
        elsewhere(stack, "a service perimeter")
    yield Problem("number", number)


def _others(stack: Stack) -> Iterator[Problem]:
    """Projects that are used here and made somewhere else."""
    made = {text(each, "projectId") for each in stack.of(PROJECT)}
    used = {text(each, "project") for each in stack.of(*_DATA)} - made - {""}
    if not used:
        raise NotApplicable("every project that is used here is made here, and judged by itself")
    if not stack.of(PERIMETER, PERIMETERS):
        elsewhere(stack, "a service perimeter")
        for project in sorted(used):
            yield Problem(f"a perimeter around {project}", None)
        return
    raise UnknownValue("", f"{', '.join(sorted(used))}: made in another stack, which knows the number")
