"""Who may use a key. Duties are split (check 33): users here never administer keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import kms

from infra.errors import ConfigError

ENCRYPT = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
SIGN = "roles/cloudkms.signerVerifier"
VIEW = "roles/cloudkms.viewer"
USES = (
    ENCRYPT,
    SIGN,
    VIEW,
    "roles/cloudkms.cryptoKeyDecrypter",
    "roles/cloudkms.cryptoKeyEncrypter",
    "roles/cloudkms.publicKeyViewer",
    "roles/cloudkms.signer",
    "roles/cloudkms.verifier",
)
"""Google's roles that use or show a key and administer none: https://cloud.google.com/kms/docs/reference/permissions-and-roles"""


@dataclass(frozen=True)
class GrantArgs:
    """`members` maps a short name (`pubsub`) to an IAM member; `retained` as its `key` is."""

    key: pulumi.Input[str]
    members: Mapping[str, pulumi.Input[str]]
    role: str = ENCRYPT
    retained: bool = False

    def __post_init__(self) -> None:
        if self.role not in USES:
            raise ConfigError("role", self.role, USES)


class KeyGrants(pulumi.ComponentResource):
    """Depend on this before creating what the key protects: Google refuses the creation otherwise."""

    def __init__(self, name: str, args: GrantArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:kms:KeyGrants", name, {}, opts)
        self.grants = {
            who: kms.CryptoKeyIAMMember(
                f"{name}-{who}",
                crypto_key_id=args.key,
                role=args.role,
                member=member,
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.retained or None),
            )
            for who, member in args.members.items()
        }
        self.register_outputs({})
