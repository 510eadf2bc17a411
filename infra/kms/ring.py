"""A Cloud KMS key ring and its keys: rotation, protection level, destroy delay, location. Checks 1 to 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi
from pulumi_gcp import kms

from infra.errors import ConfigError
from infra.site import Site

ROTATION_DAYS = 90
"""The longest period of rotation that check 1 allows."""
DESTROY_DELAY_DAYS = 30
"""The shortest time between the order to destroy a key version and its end (check 3)."""
LONGEST_DESTROY_DELAY_DAYS = 120
"""https://cloud.google.com/kms/docs/create-key#soft_delete"""

Purpose = Literal["ENCRYPT_DECRYPT", "ASYMMETRIC_SIGN"]
_ALGORITHMS: dict[Purpose, str] = {
    "ENCRYPT_DECRYPT": "GOOGLE_SYMMETRIC_ENCRYPTION",
    "ASYMMETRIC_SIGN": "EC_SIGN_P256_SHA256",
}
_EXTERNAL_ALGORITHMS: dict[Purpose, str] = {
    "ENCRYPT_DECRYPT": "EXTERNAL_SYMMETRIC_ENCRYPTION",
    "ASYMMETRIC_SIGN": "EC_SIGN_P256_SHA256",
}
_EXTERNAL = ("EXTERNAL", "EXTERNAL_VPC")
PROTECTION_LEVELS = ("SOFTWARE", "HSM", *_EXTERNAL)


@dataclass(frozen=True)
class RingArgs:
    """`keys` maps a name to a purpose (asymmetric keys do not rotate); `retained` ones outlive the stack.

    `protection_level`: HSM unless said otherwise (check 2). `backend` is the EkmConnection of EXTERNAL_VPC
    keys. `external_keys` maps each key to its material in the external key manager: a URI for EXTERNAL, a key
    path for EXTERNAL_VPC whose connection is MANUAL. Such keys do not rotate by period (check 1: a dated
    procedure instead). Without it EXTERNAL_VPC keys are coordinated by Cloud KMS, and rotate.
    """

    site: Site
    ring: str
    keys: dict[str, Purpose]
    protection_level: str = "HSM"
    retained: tuple[str, ...] = ()
    depends_on: tuple[pulumi.Resource, ...] = ()
    rotation_days: int = ROTATION_DAYS
    destroy_delay_days: int = DESTROY_DELAY_DAYS
    backend: pulumi.Input[str] | None = None
    external_keys: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.protection_level not in PROTECTION_LEVELS:
            raise ConfigError("protection_level", self.protection_level, PROTECTION_LEVELS)
        for name, purpose in self.keys.items():
            if purpose not in _ALGORITHMS:
                raise ConfigError(f"keys: {name}", purpose, _ALGORITHMS)
        _require_days("rotation_days", self.rotation_days, 1, ROTATION_DAYS)
        _require_days(
            "destroy_delay_days", self.destroy_delay_days, DESTROY_DELAY_DAYS, LONGEST_DESTROY_DELAY_DAYS
        )
        if unknown := set(self.retained) - set(self.keys):
            raise ConfigError("retained", ", ".join(sorted(unknown)), self.keys)
        self._require_backend()

    def _require_backend(self) -> None:
        if (self.backend is not None) != (self.protection_level == "EXTERNAL_VPC"):
            allowed = "the id of an EkmConnection with EXTERNAL_VPC, and nothing with the other levels"
            raise ConfigError("backend", self.backend, allowed)
        given, wanted = set(self.external_keys), set(self.keys)
        required = self.protection_level == "EXTERNAL"
        optional = self.protection_level == "EXTERNAL_VPC"
        if not (given == wanted if required or (optional and given) else not given):
            allowed = f"one entry a key ({', '.join(sorted(wanted))}) with EXTERNAL or a MANUAL EkmConnection"
            raise ConfigError("external_keys", ", ".join(sorted(given)) or None, allowed)

    def rotates(self, key: str) -> bool:
        """Whether Cloud KMS makes new versions of a key by itself."""
        return self.keys[key] == "ENCRYPT_DECRYPT" and not self.external_keys


class Ring(pulumi.ComponentResource):
    """One ring; `keys` holds the CryptoKey of each name. A ring is never deleted, by Google either.

    `versions` holds the first version of each key of `external_keys`, which is not primary until
    `gcloud kms keys set-primary-version` says so.
    """

    keys: dict[str, kms.CryptoKey]
    versions: dict[str, kms.CryptoKeyVersion]

    def __init__(self, name: str, args: RingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:kms:Ring", name, {}, opts)
        self.ring = kms.KeyRing(
            name,
            name=args.ring,
            project=args.site.project,
            location=args.site.region,
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.id = self.ring.id
        self.keys = {key: self._key(f"{name}-{key}", key, args) for key in args.keys}
        self.versions = {key: self._first(f"{name}-{key}-1", key, args) for key in args.external_keys}
        self.register_outputs({"keys": {key: resource.id for key, resource in self.keys.items()}})

    def _key(self, name: str, key: str, args: RingArgs) -> kms.CryptoKey:
        purpose = args.keys[key]
        algorithms = _EXTERNAL_ALGORITHMS if args.protection_level in _EXTERNAL else _ALGORITHMS
        return kms.CryptoKey(
            name,
            name=key,
            key_ring=self.ring.id,
            purpose=purpose,
            rotation_period=_seconds(args.rotation_days) if args.rotates(key) else None,
            destroy_scheduled_duration=_seconds(args.destroy_delay_days),
            version_template={"algorithm": algorithms[purpose], "protection_level": args.protection_level},
            crypto_key_backend=args.backend,
            skip_initial_version_creation=True if args.external_keys else None,
            labels=dict(args.site.labels),
            opts=args.site.guard(self, retain=key in args.retained),
        )

    def _first(self, name: str, key: str, args: RingArgs) -> kms.CryptoKeyVersion:
        where, internet = args.external_keys[key], args.protection_level == "EXTERNAL"
        return kms.CryptoKeyVersion(
            name,
            crypto_key=self.keys[key].id,
            external_protection_level_options={
                "external_key_uri": where if internet else None,
                "ekm_connection_key_path": None if internet else where,
            },
            opts=args.site.guard(self, retain=key in args.retained),
        )


def _seconds(days: int) -> str:
    return f"{days * 24 * 3600}s"


def _require_days(key: str, days: int, least: int, most: int) -> None:
    if not least <= days <= most:
        raise ConfigError(key, days, f"{least} to {most} days")
