"""Residency: every location lies inside the jurisdiction, and nothing could be made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.controls import RESIDENCY, also
from policies.rules.locations import located
from policies.rules.read import plain
from policies.stack import ROOT, Stack

POLICY = "gcp:orgpolicy/policy:Policy"
WORKLOAD = "gcp:assuredworkloads/workload:Workload"
_FOUNDATION = {"jurisdiction": "de", "profile": "saas", "kind": "foundation"}
_SOVEREIGN = {"jurisdiction": "eu", "profile": "sovereign-eu", "kind": "foundation"}


def _jurisdiction(stack: Stack) -> frozenset[str]:
    if stack.context.locations is None:
        raise UnknownValue("", "the stack names no jurisdiction to judge the location by")
    return stack.context.locations


def _foundation(stack: Stack, what: str) -> None:
    if stack.context.kind not in (None, "foundation"):
        raise NotApplicable(f"{what} belongs to the foundation stack, not to a stack of {stack.context.kind}")


def _constraints(stack: Stack, name: str) -> list[Resource]:
    """The organisation policies of a constraint; raises where another stack may hold them."""
    found = [policy for policy in stack.of(POLICY) if _named(policy) == name]
    if not found and stack.context.kind is None:
        raise UnknownValue("", f"no policy for {name} here; it may be in another stack")
    return found


def _case(*given: tuple[str, dict[str, object]], settings: dict[str, str] = _FOUNDATION) -> Case:
    resources = [Given(type, properties, f"r{index}") for index, (type, properties) in enumerate(given)]
    return Case((Given(ROOT, {}, "stack"), *resources), settings)


def _policy(name: str, **values: list[str]) -> tuple[str, dict[str, object]]:
    return POLICY, {"name": name, "spec": {"rules": [{"values": values}]}}


@rule(
    id="resource-locations-constraint",
    number=85,
    title="The organisation policy gcp.resourceLocations admits only the jurisdiction's locations",
    remedy="Set gcp.resourceLocations on the foundation's folder, with the jurisdiction's locations alone.",
    severity="critical",
    types=(POLICY, ROOT),
    controls=RESIDENCY,
    fails=_case(_policy("gcp.resourceLocations", allowedValues=["in:us-locations"])),
    passes=_case(_policy("gcp.resourceLocations", allowedValues=["in:europe-west3-locations"])),
    whole=True,
)
def resource_locations_constraint(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == POLICY:
        _about(resource, "gcp.resourceLocations")
        yield from _admitted(resource, _jurisdiction(stack))
        return
    _foundation(stack, "gcp.resourceLocations")
    if not _constraints(stack, "gcp.resourceLocations"):
        yield Problem("gcp.resourceLocations", None)


def _named(policy: Resource) -> str:
    return str(policy.at("name") or "").rsplit("/", 1)[-1]


def _about(policy: Resource, *names: str) -> None:
    if _named(policy) not in names:
        raise NotApplicable(f"this policy is not about {' or '.join(names)}")


def _admitted(policy: Resource, inside: frozenset[str]) -> Iterator[Problem]:
    if policy.at("spec.inheritFromParent") is True:
        yield Problem("spec.inheritFromParent", True)
    values: list[tuple[str, object]] = []
    for path, each in policy.each("spec.rules"):
        if str(each.get("allowAll") or "").upper() == "TRUE":
            yield Problem(f"{path}.allowAll", each.get("allowAll"))
        values += [(f"{path}.{where}", value) for where, value in each.items_at("values.allowedValues")]
    if not values:
        yield Problem("spec.rules[0].values.allowedValues", None)
    for path, value in values:
        if _location(str(value)) not in inside:
            yield Problem(path, value)


def _location(value: str) -> str:
    """`europe-west3` of `in:europe-west3-locations`, `europe` of `is:europe`."""
    return value.removeprefix("in:").removesuffix("-locations") if value.startswith("in:") else value[3:]


@rule(
    id="location-in-jurisdiction",
    number=86,
    title="Every location lies inside the stack's jurisdiction",
    remedy="Use one of the jurisdiction's locations.",
    severity="critical",
    types=("gcp:*",),
    controls=RESIDENCY,
    fails={"location": "us-central1"},
    passes={"location": "europe-west3"},
)
def location_in_jurisdiction(resource: Resource, stack: Stack) -> Iterator[Problem]:
    inside = stack.context.locations
    nowhere = True
    # What is known to lie outside is said before what is not known: see `Rule.finding`.
    for path, location in located(resource):
        nowhere = False
        if inside is not None and location not in inside:
            yield Problem(path, location)
    if nowhere:
        raise NotApplicable("this resource has no location of its own")
    _jurisdiction(stack)


_STORED = {"allowedPersistenceRegions": ["europe-west3"], "enforceInTransit": True}


@rule(
    id="topic-storage-policy",
    number=87,
    title="Topics keep messages inside the jurisdiction, also on their way",
    remedy="Set messageStoragePolicy.allowedPersistenceRegions, and enforceInTransit to true.",
    severity="high",
    types=("gcp:pubsub/topic:Topic",),
    controls=RESIDENCY,
    fails={"messageStoragePolicy": {**_STORED, "enforceInTransit": False}},
    passes={"messageStoragePolicy": _STORED},
)
def topic_storage_policy(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path, inside = "messageStoragePolicy.allowedPersistenceRegions", stack.context.locations
    if not (regions := list(_entries(resource, path))):
        yield Problem(path, resource.at(path))
    for where, region in regions:
        name = plain(region, where).lower()
        if not name or (inside is not None and name not in inside):
            yield Problem(where, region)
    if resource.at("messageStoragePolicy.enforceInTransit") is not True:
        path = "messageStoragePolicy.enforceInTransit"
        yield Problem(path, resource.at(path))


@rule(
    id="secret-replicas",
    number=88,
    title="Secrets are replicated where their owner says, never where Google chooses",
    remedy="Set replication.userManaged.replicas, each with a location of the jurisdiction.",
    severity="high",
    types=("gcp:secretmanager/secret:Secret",),
    controls=RESIDENCY,
    fails={"replication": {"auto": {}}},
    passes={"replication": {"userManaged": {"replicas": [{"location": "europe-west3"}]}}},
)
def secret_replicas(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = "replication.userManaged.replicas"
    if not (replicas := list(_entries(resource, path))):
        yield Problem(path, resource.at(path))
    for where, replica in replicas:
        if not isinstance(replica, Properties):
            yield Problem(where, plain(replica, where) or replica)
        elif not plain(replica.get("location"), f"{where}.location"):
            yield Problem(f"{where}.location", replica.get("location"))


def _entries(resource: Resource, path: str) -> Iterator[tuple[str, object]]:
    """The items of a list; nothing for what is none, and a secret one cannot be judged."""
    plain(resource.at(path), path)
    return resource.items_at(path)


_BACKUPS = {"enabled": True, "location": "europe-west4"}


@rule(
    id="backup-location",
    number=89,
    title="Cloud SQL backups lie where somebody chose, inside the jurisdiction",
    remedy="Set settings.backupConfiguration.location to a location of the jurisdiction.",
    severity="high",
    types=("gcp:sql/databaseInstance:DatabaseInstance",),
    controls=also(RESIDENCY, hipaa=("164.308(a)(7)(ii)(A)",), nist=("CP-9",)),
    fails={"settings": {"backupConfiguration": {"enabled": True}}},
    passes={"settings": {"backupConfiguration": _BACKUPS}},
)
def backup_location(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("masterInstanceName"):
        raise NotApplicable("a replica's backups are its primary's")
    if resource.at("settings.backupConfiguration.enabled") is not True:
        raise NotApplicable("no backups are made; check 68 judges that")
    path = "settings.backupConfiguration.location"
    seen = resource.at(path)
    # Left out, Google keeps them in the multi-region next by, which may be no part of the jurisdiction.
    if not seen or str(seen).lower() not in _jurisdiction(stack):
        yield Problem(path, seen)


@rule(
    id="assured-workloads-regime",
    number=90,
    title="The Assured Workloads regime is the one that the profile asks for",
    remedy="Set complianceRegime on the foundation's Assured Workload to the profile's regime.",
    severity="high",
    types=(WORKLOAD, ROOT),
    controls=RESIDENCY,
    fails=_case((WORKLOAD, {"complianceRegime": "IL4"}), settings=_SOVEREIGN),
    passes=_case((WORKLOAD, {"complianceRegime": "EU_REGIONS_AND_SUPPORT"}), settings=_SOVEREIGN),
    whole=True,
)
def assured_workloads_regime(resource: Resource, stack: Stack) -> Iterator[Problem]:
    regime = stack.context.demands.get("assured_workloads")
    if not regime:
        raise NotApplicable(f"profile {stack.context.profile} asks for no Assured Workloads regime")
    if resource.type == WORKLOAD:
        if resource.at("complianceRegime") != regime:
            yield Problem("complianceRegime", resource.at("complianceRegime"))
        return
    _foundation(stack, "an Assured Workload")
    if not stack.of(WORKLOAD):
        if stack.context.kind is None:
            raise UnknownValue("", "no Assured Workload here; it may be in another stack")
        yield Problem("complianceRegime", None)


_CMEK = ("sqladmin", "storage", "pubsub", "run", "secretmanager", "bigquery", "artifactregistry")
_NON_CMEK, _SERVICES = "gcp.restrictNonCmekServices", "gcp.restrictServiceUsage"
_DENIED = [f"is:{name}.googleapis.com" for name in _CMEK]


@rule(
    id="cmek-and-services-constraints",
    number=91,
    title="Organisation policies refuse services without our keys, and services that nobody agreed to",
    remedy="Set gcp.restrictNonCmekServices (denied values) and gcp.restrictServiceUsage (allowed values).",
    severity="high",
    types=(POLICY, ROOT),
    controls=also(RESIDENCY, hipaa=("164.312(a)(2)(iv)",), nist=("SC-28", "CM-7")),
    fails=_case(_policy(_NON_CMEK, deniedValues=_DENIED[1:])),
    passes=_case(_policy(_NON_CMEK, deniedValues=_DENIED)),
    whole=True,
)
def cmek_and_services_constraints(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == POLICY:
        _about(resource, _NON_CMEK, _SERVICES)
        yield from _services(resource)
        return
    _foundation(stack, _NON_CMEK)
    for name in (_NON_CMEK, _SERVICES):
        if not _constraints(stack, name):
            yield Problem(name, None)


def _services(policy: Resource) -> Iterator[Problem]:
    key = "deniedValues" if _named(policy) == _NON_CMEK else "allowedValues"
    listed = [found for _, each in policy.each("spec.rules") for found in each.items_at(f"values.{key}")]
    values = {plain(value, path) for path, value in listed} - {""}
    wanted = _DENIED if key == "deniedValues" else []
    missing = [value for value in wanted if not {value, value.removeprefix("is:")} & values]
    if missing or not values:
        yield Problem(f"spec.rules[0].values.{key}", f"without {', '.join(missing)}" if values else None)
