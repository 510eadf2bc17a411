"""Custom constraints, for what no built-in constraint covers. They live in the organisation.

https://cloud.google.com/resource-manager/docs/organization-policy/creating-managing-custom-constraints
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
from pulumi_gcp import orgpolicy

from infra.errors import ConfigError

_NAME = re.compile(r"custom\.[a-zA-Z0-9_]{1,63}")
METHODS = ("CREATE", "UPDATE")


@dataclass(frozen=True)
class Constraint:
    """What is refused: resources of `kind` for which the CEL `condition` holds, on the `methods` named."""

    name: str
    kind: str
    condition: str
    title: str
    description: str
    methods: tuple[str, ...] = METHODS

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigError("name", self.name, "custom. and 1 to 63 letters, digits or _")
        for method in self.methods or (None,):
            if method not in METHODS:
                raise ConfigError(f"{self.name}: methods", method, METHODS)
        if len(self.condition) > 1000:
            raise ConfigError(f"{self.name}: condition", len(self.condition), "at most 1000 characters")


_KEY = "cloudkms.googleapis.com/CryptoKey"
_SQL = "sqladmin.googleapis.com/Instance"
_BACKUP = "resource.settings.backupConfiguration"
_OURS = (
    'resource.purpose == "ENCRYPT_DECRYPT" && '
    '!(resource.versionTemplate.protectionLevel in ["EXTERNAL", "EXTERNAL_VPC"])'
)
HEALTHCARE = (
    # On creation alone: whoever destroys a key must first stop its rotation, which is an update.
    Constraint(
        "custom.careplaneKeyRotates",
        _KEY,
        f"{_OURS} && !has(resource.rotationPeriod)",
        "Keys rotate",
        "A symmetric key in Cloud KMS must have a rotation period (check 1).",
        ("CREATE",),
    ),
    Constraint(
        "custom.careplaneKeyRotatesIn90Days",
        _KEY,
        'has(resource.rotationPeriod) && resource.rotationPeriod > duration("7776000s")',
        "Keys rotate every 90 days",
        "The rotation period of a key must be 90 days or less (check 1).",
    ),
    Constraint(
        "custom.careplaneKeyDestroyDelay",
        _KEY,
        'has(resource.destroyScheduledDuration) && resource.destroyScheduledDuration < duration("2592000s")',
        "Keys are destroyed after 30 days",
        "A key version must stay restorable for 30 days or more after the order to destroy it (check 3).",
        ("CREATE",),
    ),
    # Where backups are on: replicas have none, and nothing else tells them from primaries here.
    Constraint(
        "custom.careplaneSqlPointInTimeRecovery",
        _SQL,
        f'{_BACKUP}.enabled == true && ((resource.databaseVersion.startsWith("MYSQL") && '
        f'{_BACKUP}.binaryLogEnabled == false) || (!resource.databaseVersion.startsWith("MYSQL") && '
        f"{_BACKUP}.pointInTimeRecoveryEnabled == false))",
        "Cloud SQL restores to a moment",
        "An instance with backups must keep its log for point-in-time recovery, MySQL too (check 69).",
    ),
    Constraint(
        "custom.careplaneSqlTls",
        _SQL,
        "!(resource.settings.ipConfiguration.sslMode in "
        '["ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"])',
        "Cloud SQL speaks TLS only",
        "sslMode must be ENCRYPTED_ONLY or TRUSTED_CLIENT_CERTIFICATE_REQUIRED (check 17).",
    ),
)
"""Checks 1, 3, 17 and 69."""


@dataclass(frozen=True)
class ConstraintsArgs:
    """`organization` is its number; by default all of HEALTHCARE."""

    organization: str
    constraints: tuple[Constraint, ...] = HEALTHCARE

    def __post_init__(self) -> None:
        if not self.organization.isdigit():
            raise ConfigError("organization", self.organization, "an organisation's number")


class Constraints(pulumi.ComponentResource):
    """Only defined here: enforce `names` with Policies, which depend on this."""

    names: tuple[str, ...]

    def __init__(self, name: str, args: ConstraintsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:organization:Constraints", name, {}, opts)
        for each in args.constraints:
            orgpolicy.CustomConstraint(
                f"{name}-{each.name}",
                name=each.name,
                parent=f"organizations/{args.organization}",
                resource_types=[each.kind],
                method_types=list(each.methods),
                action_type="DENY",
                condition=each.condition,
                display_name=each.title,
                description=each.description,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.names = tuple(each.name for each in args.constraints)
        self.register_outputs({"names": list(self.names)})
