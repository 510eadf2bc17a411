"""Access to data where it lies: buckets, databases and records admit nobody whom IAM or a patient did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import ACCESS, also
from policies.rules.read import plain, text
from policies.stack import ROOT, Stack

BUCKET = "gcp:storage/bucket:Bucket"


def _prevented(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {**properties, "publicAccessPrevention": "enforced"}


def _uniform(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {**properties, "uniformBucketLevelAccess": True}


@rule(
    id="public-access-prevention",
    number=34,
    title="Buckets cannot be made public",
    remedy="Set publicAccessPrevention to enforced.",
    severity="critical",
    types=(BUCKET,),
    controls=also(ACCESS, cis=("5.1",)),
    fails={"publicAccessPrevention": "inherited"},
    passes={"publicAccessPrevention": "enforced"},
    mend=_prevented,
)
def public_access_prevention(resource: Resource, stack: Stack) -> Iterator[Problem]:
    # Absent is a failure: it is then inherited, and so no property of this bucket.
    if text(resource, "publicAccessPrevention") != "enforced":
        yield Problem("publicAccessPrevention", resource.at("publicAccessPrevention"))


@rule(
    id="uniform-bucket-access",
    number=35,
    title="Access to buckets is decided by IAM alone, not by the ACL of each object",
    remedy="Set uniformBucketLevelAccess to true.",
    severity="high",
    types=(BUCKET,),
    controls=also(ACCESS, cis=("5.2",)),
    fails={"uniformBucketLevelAccess": False},
    passes={"uniformBucketLevelAccess": True},
    mend=_uniform,
)
def uniform_bucket_access(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("uniformBucketLevelAccess") is not True:
        yield Problem("uniformBucketLevelAccess", resource.at("uniformBucketLevelAccess"))


_FLAGS = {"POSTGRES": "cloudsql.iam_authentication", "MYSQL": "cloudsql_iam_authentication"}
_SQL = "gcp:sql/databaseInstance:DatabaseInstance"
_USER = "gcp:sql/user:User"


@rule(
    id="sql-iam-authentication",
    number=36,
    title="Database users are identities of IAM, without passwords",
    remedy="Set the flag cloudsql.iam_authentication in settings.databaseFlags, and type of every user.",
    severity="high",
    types=(_SQL, _USER),
    controls=ACCESS,
    fails={"databaseVersion": "POSTGRES_18", "settings": {"databaseFlags": []}},
    passes={
        "databaseVersion": "POSTGRES_18",
        "settings": {"databaseFlags": [{"name": "cloudsql.iam_authentication", "value": "on"}]},
    },
)
def sql_iam_authentication(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == _USER:
        # Absent is a failure: Google then makes a user with a password.
        if not text(resource, "type").startswith("CLOUD_IAM_"):
            yield Problem("type", resource.at("type"))
        return
    engine = text(resource, "databaseVersion").split("_", 1)[0]
    if engine == "SQLSERVER":
        raise NotApplicable("Cloud SQL for SQL Server knows no IAM authentication")
    if engine not in _FLAGS:
        raise UnknownValue("databaseVersion", "databaseVersion does not say which engine it is")
    path = "settings.databaseFlags"
    flags = {plain(flag.get("name"), where): flag.get("value") for where, flag in resource.each(path)}
    if str(flags.get(_FLAGS[engine])).lower() != "on":
        yield Problem(f"{path}[{_FLAGS[engine]}]", flags.get(_FLAGS[engine]))


_CONSENT = "consentConfig.accessEnforced"


@rule(
    id="fhir-consent-enforced",
    number=39,
    title="FHIR stores enforce the patients' consents",
    remedy="Set consentConfig.version to V1 and consentConfig.accessEnforced to true.",
    severity="high",
    types=("gcp:healthcare/fhirStore:FhirStore",),
    controls=ACCESS,
    fails={"consentConfig": {"version": "V1", "accessEnforced": False}},
    passes={"consentConfig": {"accessEnforced": True}},
    whole=True,
)
def fhir_consent_enforced(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at(_CONSENT) is True:
        return
    _refuse_audit_trail(resource, stack)
    yield Problem(_CONSENT, resource.at(_CONSENT))


def _refuse_audit_trail(store: Resource, stack: Stack) -> None:
    """A trail of AuditEvents holds no record that a patient could close, and must be whole.

    It is the store that the stack's outputs call `auditStore`, or that its labels call so.
    """
    labels = store.at("labels")
    if isinstance(labels, Properties) and labels.get("careplane-purpose") == "audit":
        raise NotApplicable("the audit trail is not the patients' to close")
    outputs = [root.properties for root in stack.of(ROOT) if root.properties]
    if store.id and any(each.at("auditStore") == store.id for each in outputs):
        raise NotApplicable("the audit trail is not the patients' to close")
    if stack.context.kind == "tenant" and not outputs:
        raise UnknownValue("", "which store is the audit trail is said once the stack is up")
