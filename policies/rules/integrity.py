"""Integrity: records are R4, whole, versioned and valid; messages have a form; only signed images run."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Resource
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import INTEGRITY
from policies.rules.read import text
from policies.stack import Stack

FHIR_STORE = "gcp:healthcare/fhirStore:FhirStore"
HL7_STORE = "gcp:healthcare/hl7Store:Hl7Store"
TOPIC = "gcp:pubsub/topic:Topic"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
_VALIDATION = ("RequiredField", "ReferenceType", "Fhirpath", "Profile")


@rule(
    id="fhir-r4",
    number=78,
    title="FHIR stores speak R4",
    remedy="Set version to R4.",
    severity="high",
    types=(FHIR_STORE,),
    controls=INTEGRITY,
    fails={"version": "STU3"},
    passes={"version": "R4"},
)
def fhir_r4(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("version") != "R4":
        yield Problem("version", resource.at("version"))


@rule(
    id="fhir-referential-integrity",
    number=79,
    title="FHIR stores refuse references to what is not there",
    remedy="Leave disableReferentialIntegrity out, or set it to false.",
    severity="high",
    types=(FHIR_STORE,),
    controls=INTEGRITY,
    fails={"disableReferentialIntegrity": True},
    passes={"disableReferentialIntegrity": False},
)
def fhir_referential_integrity(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("disableReferentialIntegrity") not in (None, False):
        yield Problem("disableReferentialIntegrity", resource.at("disableReferentialIntegrity"))


@rule(
    id="fhir-versioning",
    number=80,
    title="FHIR stores keep every version of a resource, and nobody rewrites history",
    remedy="Leave disableResourceVersioning and enableHistoryModifications out, or set them to false.",
    severity="high",
    types=(FHIR_STORE,),
    controls=INTEGRITY,
    fails={"disableResourceVersioning": True},
    passes={"disableResourceVersioning": False, "enableHistoryModifications": False},
)
def fhir_versioning(resource: Resource, stack: Stack) -> Iterator[Problem]:
    for path in ("disableResourceVersioning", "enableHistoryModifications"):
        if resource.at(path) not in (None, False):
            yield Problem(path, resource.at(path))


@rule(
    id="fhir-validation",
    number=81,
    title="FHIR stores validate what they are given",
    remedy="Leave validationConfig.disable… out, or set each to false.",
    severity="high",
    types=(FHIR_STORE,),
    controls=INTEGRITY,
    fails={"validationConfig": {"disableProfileValidation": True}},
    passes={"validationConfig": {f"disable{name}Validation": False for name in _VALIDATION}},
)
def fhir_validation(resource: Resource, stack: Stack) -> Iterator[Problem]:
    # Google validates unless it is told not to (projects.locations.datasets.fhirStores, ValidationConfig).
    for name in _VALIDATION:
        path = f"validationConfig.disable{name}Validation"
        if resource.at(path) not in (None, False):
            yield Problem(path, resource.at(path))


@rule(
    id="hl7v2-rejects-duplicates",
    number=82,
    title="HL7v2 stores reject a message that they hold already",
    remedy="Set rejectDuplicateMessage to true.",
    severity="medium",
    types=(HL7_STORE,),
    controls=INTEGRITY,
    fails={"name": "feeds"},
    passes={"rejectDuplicateMessage": True},
)
def hl7v2_rejects_duplicates(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("rejectDuplicateMessage") is not True:
        yield Problem("rejectDuplicateMessage", resource.at("rejectDuplicateMessage"))


_SCHEMA = {"schema": "projects/p/schemas/admissions", "encoding": "JSON"}


@rule(
    id="topic-schema",
    number=83,
    title="Topics that people publish to refuse messages without the agreed form",
    remedy="Set schemaSettings.schema and schemaSettings.encoding.",
    severity="medium",
    types=(TOPIC,),
    controls=INTEGRITY,
    fails={"name": "admissions"},
    passes={"schemaSettings": _SCHEMA},
    whole=True,
)
def topic_schema(resource: Resource, stack: Stack) -> Iterator[Problem]:
    schema, encoding = "schemaSettings.schema", "schemaSettings.encoding"
    if text(resource, schema) and text(resource, encoding):
        return
    if reason := _published_by_google(resource, stack):
        raise NotApplicable(reason)
    path = encoding if text(resource, schema) else schema
    yield Problem(path, resource.at(path))


_STORES = (FHIR_STORE, HL7_STORE, "gcp:healthcare/dicomStore:DicomStore")
_GOOGLES = (
    ("notificationConfigs[].pubsubTopic", _STORES),
    ("notificationConfig.pubsubTopic", _STORES),
    ("topics[].name", ("gcp:secretmanager/secret:Secret",)),
    ("topic", ("gcp:storage/notification:Notification",)),
)


def _published_by_google(topic: Resource, stack: Stack) -> str:
    """Why a schema would refuse what the topic gets; "" where nothing says so."""
    if stack.pointing(topic, "deadLetterPolicy.deadLetterTopic", SUBSCRIPTION):
        return "dead letters arrive as they were published; a schema would lose them"
    for path, types in _GOOGLES:
        for source in stack.pointing(topic, path, *types):
            return f"{source.type.split(':')[-1]} {source.name} publishes here, in Google's own form"
    return ""


SERVICE = "gcp:cloudrunv2/service:Service"


@rule(
    id="binary-authorization",
    number=84,
    title="Cloud Run starts only images that Binary Authorization accepts",
    remedy="Set binaryAuthorization.useDefault to true, or name a policy.",
    severity="high",
    types=(SERVICE, "gcp:cloudrunv2/job:Job", "gcp:cloudrunv2/workerPool:WorkerPool"),
    controls=INTEGRITY,
    fails={"name": "ehr"},
    passes={"binaryAuthorization": {"useDefault": True}},
)
def binary_authorization(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("binaryAuthorization.useDefault") is True or resource.at("binaryAuthorization.policy"):
        # A break-glass justification lets any image through.
        if justified := resource.at("binaryAuthorization.breakglassJustification"):
            yield Problem("binaryAuthorization.breakglassJustification", justified)
        return
    yield Problem("binaryAuthorization.useDefault", resource.at("binaryAuthorization.useDefault"))
