"""Encryption at rest, the keys: they rotate, lie in hardware and outlive mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.controls import ENCRYPTION, also
from policies.rules.keys import CRYPTO_KEY, KEY_RING
from policies.rules.read import seconds, text
from policies.stack import Stack

EKM = "gcp:kms/ekmConnection:EkmConnection"
_DAY = 24 * 3600
_LEVELS = ("SOFTWARE", "HSM", "EXTERNAL", "EXTERNAL_VPC")


def _rotating(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {**properties, "rotationPeriod": f"{90 * _DAY}s"}


@rule(
    id="kms-rotation",
    number=1,
    title="Symmetric Cloud KMS keys rotate at least every 90 days",
    remedy="Set rotationPeriod to 7776000s or less.",
    severity="high",
    types=(CRYPTO_KEY,),
    controls=also(ENCRYPTION, cis=("1.10",)),
    fails={"purpose": "ENCRYPT_DECRYPT"},
    passes={"rotationPeriod": "7776000s"},
    mend=_rotating,
)
def kms_rotation(resource: Resource, stack: Stack) -> Iterator[Problem]:
    purpose = resource.properties.get("purpose") or "ENCRYPT_DECRYPT"
    if purpose != "ENCRYPT_DECRYPT":
        raise NotApplicable(f"keys for {purpose} cannot rotate by period; rotate them by procedure")
    period = resource.properties.get("rotationPeriod")
    if not period:
        _rotates_by_hand(resource, stack)
    found = seconds(period)
    if found is None or not 0 < found <= 90 * _DAY:
        yield Problem("rotationPeriod", period)


def _rotates_by_hand(resource: Resource, stack: Stack) -> None:
    """Raises where Cloud KMS cannot rotate a symmetric key by period.

    https://cloud.google.com/kms/docs/key-rotation#automatic
    """
    if resource.properties.get("importOnly") is True:
        raise NotApplicable("imported keys cannot rotate by period; rotate them by procedure")
    level = text(resource, "versionTemplate.protectionLevel")
    if level == "EXTERNAL":
        raise NotApplicable(
            "manually managed external keys cannot rotate by period; rotate them by procedure"
        )
    if level != "EXTERNAL_VPC":
        return
    connection = stack.referred(resource, "cryptoKeyBackend", EKM)
    if connection is None:
        raise UnknownValue("cryptoKeyBackend", "who manages the external key is not said in this stack")
    if connection.at("keyManagementMode") != "CLOUD_KMS":
        raise NotApplicable(
            "manually managed external keys cannot rotate by period; rotate them by procedure"
        )


@rule(
    id="kms-protection-level",
    number=2,
    title="Keys lie in hardware, or outside Google where the profile asks for that",
    remedy="Set versionTemplate.protectionLevel to HSM, EXTERNAL or EXTERNAL_VPC, as the profile demands.",
    severity="high",
    types=(CRYPTO_KEY,),
    controls=ENCRYPTION,
    fails={"versionTemplate": {"protectionLevel": "SOFTWARE"}},
    passes={"versionTemplate": {"protectionLevel": "HSM"}},
)
def kms_protection_level(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = "versionTemplate.protectionLevel"
    demanded = stack.context.demands.get("protection_level")
    least = _LEVELS.index(demanded) if demanded in _LEVELS else _LEVELS.index("HSM")
    # Absent is a failure: Cloud KMS's own default is software.
    level = text(resource, path)
    if level not in _LEVELS or _LEVELS.index(level) < least:
        yield Problem(path, resource.at(path))


@rule(
    id="kms-destroy-delay",
    number=3,
    title="Thirty days or more pass between the order to destroy a key and its end",
    remedy="Set destroyScheduledDuration to 2592000s or more when the key is made.",
    severity="high",
    types=(CRYPTO_KEY,),
    controls=ENCRYPTION,
    fails={"destroyScheduledDuration": "86400s"},
    passes={"destroyScheduledDuration": "2592000s"},
)
def kms_destroy_delay(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = "destroyScheduledDuration"
    delay = resource.at(path)
    if not delay:
        # Google chooses: 30 days today, one day for imported keys and for keys made some years ago.
        raise UnknownValue(path, f"{path} is left to Google, which says it once the key exists")
    found = seconds(delay)
    if found is None or not found >= 30 * _DAY:
        yield Problem(path, delay)


@rule(
    id="key-protected",
    number=5,
    title="Neither keys nor their rings are deleted by a change of the program",
    remedy="Set Pulumi's resource option protect, or deletionPolicy to PREVENT.",
    severity="critical",
    types=(CRYPTO_KEY, KEY_RING),
    controls=also(ENCRYPTION, hipaa=("164.308(a)(7)(ii)(A)",)),
    fails=Case((Given(CRYPTO_KEY, {}, protect=False),)),
    passes=Case((Given(CRYPTO_KEY, {}, protect=True),)),
)
def key_protected(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if stack.context.decommission:
        raise NotApplicable("protection is lifted by the decommission step of this stack")
    if resource.at("deletionPolicy") != "PREVENT" and not resource.protected():
        yield Problem("protect", False)
