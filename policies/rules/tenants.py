"""What tenants may not share. Seen only when their stacks are judged together (`report` with several)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.estate import Estate
from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, Problem, estate_rule
from policies.rules.controls import ACCESS, BOUNDARY, ENCRYPTION, RESIDENCY
from policies.rules.mentions import Mentions
from policies.rules.read import plain
from policies.stack import ROOT

KEY = "gcp:kms/cryptoKey:CryptoKey"
ACCOUNT = "gcp:serviceaccount/account:Account"
TOPIC = "gcp:pubsub/topic:Topic"
BUCKET = "gcp:storage/bucket:Bucket"
USER = "gcp:sql/user:User"
DATABASE = "gcp:sql/database:Database"
PERIMETER = "gcp:accesscontextmanager/servicePerimeter:ServicePerimeter"
SERVICE = "gcp:cloudrunv2/service:Service"
Looked = Iterator[tuple[Resource, Problem | UnknownValue | None]]


def _tenant(name: str, *given: tuple[str, Mapping[str, Any]], **outputs: Any) -> Case:
    resources = [Given(type, properties, f"{name}{index}") for index, (type, properties) in enumerate(given)]
    settings = {"jurisdiction": "eu", "profile": "saas", "kind": "tenant", "tenant": name}
    return Case((Given(ROOT, outputs, name), *resources), settings, name)


def _owned(estate: Estate, *types: str) -> Looked:
    """Every resource of these types that a tenant owns, with the first other tenant that names it."""
    mentions = Mentions(estate)
    for tenant, stack in estate.tenants():
        for resource in stack.of(*types):
            names = [n for n in (resource.id, *_called(resource)) if isinstance(n, str) and n]
            if not resource.id:
                yield resource, UnknownValue("id", "the resource has no id yet")
                continue
            other = next(mentions.elsewhere(tenant, *names), None)
            shared = Problem(f"tenant {other[0]}: {other[1]}", names[0]) if other else None
            yield resource, shared or mentions.proved(tenant)


def _called(resource: Resource) -> list[Any]:
    """Names that are one of a kind in the whole of Google Cloud: e-mail addresses and bucket names."""
    keys = {ACCOUNT: ("email", "member"), BUCKET: ("name", "url")}.get(resource.type, ())
    return [resource.properties.raw.get(key) for key in keys]


def _key(tenant: str) -> str:
    return f"projects/p/locations/europe-west3/keyRings/{tenant}/cryptoKeys/clinical"


def _topic(tenant: str, key: str) -> Case:
    return _tenant(tenant, (TOPIC, {"id": f"projects/p/topics/{tenant}", "kmsKeyName": key}))


@estate_rule(
    id="tenants-share-no-key",
    number=92,
    title="No two tenants encrypt under one key, but for the cell's audit key",
    remedy="Give each tenant keys of its own: one that two share cannot be destroyed for one of them.",
    severity="critical",
    types=(KEY,),
    controls=ENCRYPTION,
    fails=(_topic("a", _key("a")), _topic("b", _key("a"))),
    passes=(_topic("a", _key("a")), _topic("b", _key("b"))),
)
def tenants_share_no_key(estate: Estate) -> Looked:
    # Keys are compared where they are used: the one that two tenants share need not belong to either.
    used: dict[str, dict[str, tuple[Resource, str]]] = {}
    mentions = Mentions(estate)
    for tenant, found in mentions.by_tenant.items():
        for value, where in found.items():
            key = _key_named(value)
            # The trail of a tenant outlives it: it lies under the cell's key called `audit`, by design.
            if key and not key.endswith("/cryptoKeys/audit"):
                used.setdefault(key, {}).setdefault(tenant, where)
    for key, users in used.items():
        first, *others = users
        resource, path = users[others[0] if others else first]
        shared = Problem(path, key, f"which tenant {first} uses too") if others else None
        yield resource, shared or mentions.proved(first)


def _key_named(value: str) -> str:
    """The key in an id, a version's id or an address of one; "" where there is none."""
    if "/cryptoKeys/" not in value:
        return ""
    key = value[value.index("projects/") :] if "projects/" in value else value
    return key.split("/cryptoKeyVersions/")[0]


def _account(tenant: str, runs_as: str) -> Case:
    email = f"{tenant}@p.iam.gserviceaccount.com"
    return _tenant(
        tenant,
        (ACCOUNT, {"id": f"projects/p/serviceAccounts/{email}", "email": email}),
        (SERVICE, {"template": {"serviceAccount": f"{runs_as}@p.iam.gserviceaccount.com"}}),
    )


@estate_rule(
    id="tenants-share-no-identity",
    number=93,
    title="No tenant's service account is named in another tenant's stack",
    remedy="Give each tenant a service account of its own, and rights on its own resources only.",
    severity="critical",
    types=(ACCOUNT,),
    controls=ACCESS,
    fails=(_account("a", "a"), _account("b", "a")),
    passes=(_account("a", "a"), _account("b", "b")),
)
def tenants_share_no_identity(estate: Estate) -> Looked:
    yield from _owned(estate, ACCOUNT)


def _subscriber(tenant: str, topic: str) -> Case:
    return _tenant(
        tenant,
        (TOPIC, {"id": f"projects/p/topics/{tenant}"}),
        ("gcp:pubsub/subscription:Subscription", {"topic": f"projects/p/topics/{topic}"}),
    )


@estate_rule(
    id="tenants-share-no-topic",
    number=94,
    title="No tenant's topic is named in another tenant's stack",
    remedy="Give each tenant topics of its own.",
    severity="critical",
    types=(TOPIC,),
    controls=ACCESS,
    fails=(_subscriber("a", "a"), _subscriber("b", "a")),
    passes=(_subscriber("a", "a"), _subscriber("b", "b")),
)
def tenants_share_no_topic(estate: Estate) -> Looked:
    yield from _owned(estate, TOPIC)


def _documents(tenant: str, bucket: str) -> Case:
    return _tenant(
        tenant,
        (BUCKET, {"id": f"{tenant}-documents", "name": f"{tenant}-documents"}),
        ("gcp:storage/bucketIAMMember:BucketIAMMember", {"bucket": f"{bucket}-documents"}),
    )


@estate_rule(
    id="tenants-share-no-bucket",
    number=95,
    title="No tenant's bucket is named in another tenant's stack",
    remedy="Give each tenant buckets of its own.",
    severity="critical",
    types=(BUCKET,),
    controls=ACCESS,
    fails=(_documents("a", "a"), _documents("b", "a")),
    passes=(_documents("a", "a"), _documents("b", "b")),
)
def tenants_share_no_bucket(estate: Estate) -> Looked:
    yield from _owned(estate, BUCKET)


def _login(tenant: str, role: str) -> Case:
    return _tenant(
        tenant,
        (DATABASE, {"instance": "pooled", "name": tenant}),
        (USER, {"instance": "pooled", "name": role}),
    )


@estate_rule(
    id="tenants-share-no-database-role",
    number=96,
    title="No two tenants have one database or one database user",
    remedy="Give each tenant a database and a user of its own in the instance that they share.",
    severity="critical",
    types=(USER, DATABASE),
    controls=ACCESS,
    fails=(_login("a", "ehr"), _login("b", "ehr")),
    passes=(_login("a", "a"), _login("b", "b")),
)
def tenants_share_no_database_role(estate: Estate) -> Looked:
    seen: dict[tuple[Any, ...], str] = {}
    for tenant, stack in estate.tenants():
        for resource in stack.of(USER, DATABASE):
            try:
                place = tuple(_name(resource, key) for key in ("project", "instance", "name"))
            except UnknownValue as unknown:
                yield resource, unknown
                continue
            first = seen.setdefault((resource.type, *place), tenant)
            yield resource, None if first == tenant else Problem("name", place[-1], f"as tenant {first}'s is")


def _name(resource: Resource, key: str) -> str | None:
    value = resource.at(key)
    if value is not None and not plain(value, key):
        raise UnknownValue(key, f"{key} cannot be read")
    return value and plain(value, key)


def _bridge(kind: str) -> Case:
    return _tenant("a", (PERIMETER, {"perimeterType": kind}))


@estate_rule(
    id="tenants-share-no-bridge",
    number=97,
    title="No perimeter bridge joins what perimeters keep apart",
    remedy="Remove the bridge; let two sides meet by ingress and egress rules that name identities.",
    severity="critical",
    types=(PERIMETER,),
    controls=BOUNDARY,
    fails=(_bridge("PERIMETER_TYPE_BRIDGE"), _tenant("b")),
    passes=(_bridge("PERIMETER_TYPE_REGULAR"), _tenant("b")),
)
def tenants_share_no_bridge(estate: Estate) -> Looked:
    for stack in estate.stacks:
        for perimeter in stack.of(PERIMETER):
            try:
                kind = _name(perimeter, "perimeterType")
            except UnknownValue as unknown:
                yield perimeter, unknown
                continue
            bridge = kind == "PERIMETER_TYPE_BRIDGE"
            yield perimeter, Problem("perimeterType", kind) if bridge else None


@estate_rule(
    id="tenant-inside-jurisdiction",
    number=98,
    title="Each tenant's locations lie inside its own jurisdiction, whatever the cell's is",
    remedy="Move the tenant to a cell of its jurisdiction with `python -m infra tenant move`.",
    severity="critical",
    types=(ROOT,),
    controls=RESIDENCY,
    fails=(_tenant("a", locations=["us-central1"]), _tenant("b", locations=["europe-west3"])),
    passes=(_tenant("a", locations=["europe-west3"]), _tenant("b", locations=["europe-west4"])),
)
def tenant_inside_jurisdiction(estate: Estate) -> Looked:
    for _, stack in estate.tenants():
        for root in stack.of(ROOT):
            try:
                yield root, _outside(root, stack.context.locations)
            except UnknownValue as unknown:
                yield root, unknown


def _outside(root: Resource, inside: frozenset[str] | None) -> Problem | None:
    locations = root.at("locations")
    if inside is None or not isinstance(locations, list) or not locations:
        raise UnknownValue("locations", "the tenant's stack does not say where it lies, or where it may")
    if not all(isinstance(each, str) for each in locations):
        raise UnknownValue("locations", "the locations that the tenant's stack names cannot be read")
    return next((Problem("locations", each) for each in locations if each.lower() not in inside), None)
