"""Access, what IAM grants: never to everybody, never more widely than the thing that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules import iam
from policies.rules.controls import ACCESS, also
from policies.rules.once import once_per_stack
from policies.rules.read import listed, mappings, plain, text
from policies.stack import Stack

_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers", "principalSet://goog/public:all"})
_PUBLIC_ACLS = frozenset({"publicRead", "publicReadWrite", "authenticatedRead"})
_ACLS: Mapping[str, tuple[str, ...]] = {
    "gcp:storage/bucketACL:BucketACL": ("roleEntities", "predefinedAcl", "defaultAcl"),
    "gcp:storage/objectACL:ObjectACL": ("roleEntities", "predefinedAcl"),
    "gcp:storage/defaultObjectACL:DefaultObjectACL": ("roleEntities",),
    "gcp:storage/bucketAccessControl:BucketAccessControl": ("entity",),
    "gcp:storage/objectAccessControl:ObjectAccessControl": ("entity",),
    "gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl": ("entity",),
    "gcp:bigquery/datasetAccess:DatasetAccess": ("specialGroup", "iamMember"),
    "gcp:bigquery/rowAccessPolicy:RowAccessPolicy": ("grantees",),
}
_DATASET = "gcp:bigquery/dataset:Dataset"
_PROJECT_MEMBER = iam.ABOVE[0]


def _granted(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Whomever a resource lets in, each with the path."""
    if iam.grants_by_iam(resource):
        yield from iam.members(resource)
    elif resource.type == _DATASET:
        for path, access in mappings(resource, "accesses"):
            for key in ("specialGroup", "iamMember"):
                yield f"{path}.{key}", access.get(key)
    elif resource.type in _ACLS:
        for path in _ACLS[resource.type]:
            value = resource.at(path)
            yield from listed(resource, path) if isinstance(value, list) else [(path, value)]


def _public(name: str) -> bool:
    # An ACL writes READER:allUsers, and BigQuery may write iamMember:allUsers.
    return name in _EVERYBODY or name.rsplit(":", 1)[-1] in _EVERYBODY or name in _PUBLIC_ACLS


@rule(
    id="no-public-members",
    number=25,
    title="Nothing is granted to allUsers or allAuthenticatedUsers",
    remedy="Name an identity or a group in member, members, entity, roleEntities or accesses instead.",
    severity="critical",
    types=("gcp:*",),
    controls=also(ACCESS, cis=("1.9", "5.1", "7.1")),
    fails=Case((Given(_PROJECT_MEMBER, {"member": "allUsers"}),)),
    passes=Case((Given(_PROJECT_MEMBER, {"member": "group:clinicians@example.org"}),)),
)
def no_public_members(resource: Resource, stack: Stack) -> Iterator[Problem]:
    nobody = True
    for path, who in _granted(resource):
        if who in (None, ""):
            continue
        nobody = False
        name = plain(who, path)
        if not name or _public(name) or (":" not in name and iam.grants_by_iam(resource)):
            yield Problem(path, name or "no name of a member")
    if nobody:
        raise NotApplicable("this resource grants nothing to anybody")


_STORES = tuple(
    token
    for name in ("FhirStore", "DicomStore", "Hl7Store", "ConsentStore")
    for token in iam.iam_types("healthcare", name)
)
_DATASETS = iam.iam_types("healthcare", "Dataset")
_READER = {"role": "roles/healthcare.fhirResourceReader"}
# Google itself needs it on the project: https://cloud.google.com/iam/docs/service-agents
_AGENT = "roles/healthcare.serviceAgent"


@rule(
    id="healthcare-roles-at-store",
    number=26,
    title="Healthcare roles are granted on a store, and those for datasets on a dataset: never on a project",
    remedy="Grant role with a FhirStoreIamMember, Hl7StoreIamMember or DicomStoreIamMember of one store.",
    severity="critical",
    types=(*iam.ABOVE, *_DATASETS, *_STORES),
    controls=ACCESS,
    fails=_READER,
    passes=Case((Given(_STORES[0], _READER),)),
    whole=True,
)
def healthcare_roles_at_store(resource: Resource, stack: Stack) -> Iterator[Problem]:
    healthcare = False
    for path, role in iam.roles(resource):
        reach = "store" if resource.type in _STORES and "/roles/" in role else _reach(role, stack)
        healthcare = healthcare or reach != ""
        at_home = resource.type in _STORES or (resource.type in _DATASETS and reach == "dataset")
        if reach and not at_home:
            yield Problem(path, role)
    if not healthcare:
        raise NotApplicable("no role of the Healthcare API is granted")


def _reach(role: str, stack: Stack) -> str:
    """What a role of the Healthcare API is about: a dataset, the stores in it; "" for other roles."""
    if role == _AGENT:
        return ""
    names = iam.permissions(role, stack)
    if names is None:
        names = [role.removeprefix("roles/")] if role.startswith("roles/healthcare.") else []
    ours = [name for name in names if name.startswith("healthcare.")]
    if any(not name.startswith("healthcare.dataset") for name in ours):
        return "store"
    return "dataset" if ours else ""


ENTITLEMENT = "gcp:privilegedaccessmanager/entitlement:entitlement"


@rule(
    id="no-basic-roles",
    number=27,
    title="No basic role (owner, editor, viewer) is granted on a project, folder or organisation",
    remedy="Set role to a predefined role of one service, or to a custom role.",
    severity="high",
    types=(*iam.ABOVE, ENTITLEMENT),
    controls=ACCESS,
    fails={"role": "roles/editor"},
    passes={"role": "roles/logging.logWriter"},
)
def no_basic_roles(resource: Resource, stack: Stack) -> Iterator[Problem]:
    for path, role in _entitled(resource) if resource.type == ENTITLEMENT else iam.roles(resource):
        # A predefined role has its service before a dot; a custom one its project or organisation.
        predefined = role.startswith("roles/") and ("." in role or role == "roles/browser")
        custom = role.startswith(("projects/", "organizations/")) and "/roles/" in role
        if not predefined and not custom:
            yield Problem(path, role or None)


def _entitled(entitlement: Resource) -> Iterator[tuple[str, str]]:
    where = "privilegedAccess.gcpIamAccess.roleBindings"
    found = list(mappings(entitlement, where))
    if not found:
        raise UnknownValue(where, "what the entitlement grants cannot be read")
    for path, binding in found:
        yield f"{path}.role", text(binding, "role")


_IMPERSONATE = frozenset(
    {
        "roles/iam.serviceAccountTokenCreator",
        "roles/iam.serviceAccountOpenIdTokenCreator",
        "roles/iam.serviceAccountUser",
        "roles/iam.workloadIdentityUser",
    }
)
_ON_ACCOUNT = iam.iam_types("serviceaccount", iam="IAM")
_CREATOR = {"role": "roles/iam.serviceAccountTokenCreator"}


@rule(
    id="no-project-token-creator",
    number=32,
    title="Nobody may act as every service account of a project: such roles are granted on one account",
    remedy="Grant role with an IAMMember of the serviceaccount module, on one account.",
    severity="critical",
    types=(*iam.ABOVE, *_ON_ACCOUNT),
    controls=also(ACCESS, cis=("1.6",)),
    fails=_CREATOR,
    passes=Case((Given(_ON_ACCOUNT[0], _CREATOR),)),
)
def no_project_token_creator(resource: Resource, stack: Stack) -> Iterator[Problem]:
    found = [(path, role) for path, role in iam.roles(resource) if role in _IMPERSONATE]
    if not found:
        raise NotApplicable("it lets nobody act as a service account")
    if resource.type not in _ON_ACCOUNT:
        yield from (Problem(path, role) for path, role in found)


_ON_KEYS = (*iam.iam_types("kms", "CryptoKey", "IAM"), *iam.iam_types("kms", "KeyRing", "IAM"))
_USES_KEYS = ("roles/cloudkms.crypto", "roles/cloudkms.signer")
_ADMINISTERS = "roles/cloudkms.admin"
_ADMINISTRATOR = "group:key-administrators@example.org"


def _duty(role: str) -> str:
    if role == _ADMINISTERS:
        return "administers"
    return "uses" if role.startswith(_USES_KEYS) else ""


class _Duties(NamedTuple):
    """Who administers keys and who uses them; `unknown` where a grant could not be read."""

    members: frozenset[tuple[str, str]]
    unknown: UnknownValue | None


@once_per_stack
def _duties(stack: Stack) -> _Duties:
    found: set[tuple[str, str]] = set()
    unknown: UnknownValue | None = None
    for resource in stack.of(*_ON_KEYS, *iam.ABOVE):
        try:
            found.update((grant.member, _duty(grant.role)) for grant in iam.grants(resource))
        except UnknownValue as reason:
            unknown = reason
    return _Duties(frozenset(found), unknown)


def _kms(*roles: str) -> Case:
    grants = [{"member": _ADMINISTRATOR, "role": role} for role in roles]
    return Case(tuple(Given(_ON_KEYS[0], grant, f"r{index}") for index, grant in enumerate(grants)))


@rule(
    id="kms-duties-split",
    number=33,
    title="Whoever administers keys does not use them",
    remedy="Give member either roles/cloudkms.admin or a role that encrypts, decrypts or signs, never both.",
    severity="high",
    types=(*_ON_KEYS, *iam.ABOVE),
    controls=also(ACCESS, cis=("1.11",)),
    fails=_kms(_ADMINISTERS, "roles/cloudkms.cryptoKeyEncrypterDecrypter"),
    passes=_kms(_ADMINISTERS),
    whole=True,
)
def kms_duties_split(resource: Resource, stack: Stack) -> Iterator[Problem]:
    held = [grant for grant in iam.grants(resource) if _duty(grant.role)]
    if not held:
        raise NotApplicable("it grants nobody the administration or the use of keys")
    duties = _duties(stack)
    clear = True
    for grant in held:
        other = "uses" if _duty(grant.role) == "administers" else "administers"
        if (grant.member, other) in duties.members:
            clear = False
            yield Problem(grant.member_path, f"{grant.member}, who also {other} keys")
    if clear and duties.unknown is not None:
        raise duties.unknown
