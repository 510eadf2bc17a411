"""Contingency: no event is dropped silently, nothing with patient data goes by accident, somebody answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.resource import Resource, UnknownValue
from policies.rule import NotApplicable, Problem, rule
from policies.rules.boundary import SERVICE, SQL
from policies.rules.controls import CONTINGENCY
from policies.rules.read import text
from policies.stack import Stack

BUCKET = "gcp:storage/bucket:Bucket"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
TOPIC = "projects/p/topics/dead"
_STORES = tuple(
    f"gcp:healthcare/{name[0].lower()}{name[1:]}:{name}"
    for name in ("Dataset", "FhirStore", "DicomStore", "Hl7Store", "ConsentStore")
)
_DAY = 24 * 3600


@rule(
    id="deletion-protection",
    number=72,
    title="What holds patient data refuses deletion",
    remedy="Set deletionProtection and settings.deletionProtectionEnabled of instances to true; for stores "
    "and buckets set Pulumi's protect or deletionPolicy PREVENT, and forceDestroy to false.",
    severity="critical",
    types=(SQL, *_STORES, BUCKET),
    controls=CONTINGENCY,
    fails={"deletionProtection": True, "settings": {}},
    passes={"deletionProtection": True, "settings": {"deletionProtectionEnabled": True}},
)
def deletion_protection(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if stack.context.decommission:
        raise NotApplicable("protection is lifted by the decommission step of this stack")
    if resource.type == SQL:
        # Pulumi's own protection is on where the program leaves it out; Cloud SQL's is off.
        if resource.at("deletionProtection") not in (None, True):
            yield Problem("deletionProtection", resource.at("deletionProtection"))
        path = "settings.deletionProtectionEnabled"
        if resource.at(path) is not True:
            yield Problem(path, resource.at(path))
        return
    if resource.type == BUCKET and resource.at("forceDestroy") not in (None, False):
        yield Problem("forceDestroy", resource.at("forceDestroy"))
    if resource.at("deletionPolicy") != "PREVENT" and not resource.protected():
        yield Problem("protect", False)


def _with_soft_delete(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {**properties, "softDeletePolicy": {"retentionDurationSeconds": 7 * _DAY}}


@rule(
    id="bucket-deleted-objects-kept",
    number=74,
    title="Objects that were deleted or overwritten can be had back",
    remedy="Set versioning.enabled to true, or softDeletePolicy.retentionDurationSeconds to 604800 or more.",
    severity="high",
    types=(BUCKET,),
    controls=CONTINGENCY,
    fails={"versioning": {"enabled": False}, "softDeletePolicy": {"retentionDurationSeconds": 0}},
    passes={"versioning": {"enabled": True}},
    mend=_with_soft_delete,
)
def bucket_deleted_objects_kept(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("versioning.enabled") is True:
        return
    path = "softDeletePolicy.retentionDurationSeconds"
    if resource.at("softDeletePolicy") is None:
        raise UnknownValue(path, "neither versions nor soft delete are asked for; Google settles soft delete")
    seconds = resource.at(path)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 7 * _DAY:
        yield Problem("versioning.enabled", resource.at("versioning.enabled"))
        yield Problem(path, seconds)


@rule(
    id="subscription-dead-letter",
    number=75,
    title="Every subscription has a dead letter topic",
    remedy="Set deadLetterPolicy.deadLetterTopic and maxDeliveryAttempts.",
    severity="high",
    types=(SUBSCRIPTION,),
    controls=CONTINGENCY,
    fails={"name": "runtime"},
    passes={"deadLetterPolicy": {"deadLetterTopic": TOPIC}},
)
def subscription_dead_letter(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("labels.careplane-purpose") == "dead-letter":
        raise NotApplicable("this subscription holds dead letters itself; a person empties it")
    path = "deadLetterPolicy.deadLetterTopic"
    topic = text(resource, path)
    # _deleted-topic_ is what Google answers once the topic is gone.
    if not topic or topic in ("_deleted-topic_", resource.at("topic")):
        yield Problem(path, resource.at(path))


_WARM = ("template.scaling.minInstanceCount", "scaling.minInstanceCount", "scaling.manualInstanceCount")
"""Of the revision, of the service, and of a service that is scaled by hand."""


@rule(
    id="run-min-instances",
    number=76,
    title="As many instances of a service wait as its profile asks for",
    remedy="Set template.scaling.minInstanceCount to the profile's minimum, or careplane:minInstances to 0.",
    severity="low",
    types=(SERVICE,),
    controls=CONTINGENCY,
    fails={"template": {"scaling": {"minInstanceCount": 0}}},
    passes={"template": {"scaling": {"minInstanceCount": 1}}},
)
def run_min_instances(resource: Resource, stack: Stack) -> Iterator[Problem]:
    settings = stack.context.settings
    if str(settings.get("active", "true")).lower() == "false":
        raise NotApplicable("this site stands by; its instances start once it is active")
    chosen = settings.get("minInstances")
    least = _whole(stack.context.demands.get("min_instances", 1) if chosen is None else chosen)
    if least < 1:
        raise NotApplicable("scaling to zero was chosen (careplane:minInstances, or the profile)")
    if not any(_whole(resource.at(path)) >= least for path in _WARM):
        yield Problem(_WARM[0], resource.at(_WARM[0]))


def _whole(value: Any) -> int:
    """0 for anything that is no number."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() else 0
    return int(value) if isinstance(value, (int, float)) and value == value and abs(value) < 1e9 else 0
