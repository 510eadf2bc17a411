"""Who vouches for an image: a note that attestations hang on, and an attestor with our signing key.

https://cloud.google.com/binary-authorization/docs/creating-attestors-cli
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import binaryauthorization, containeranalysis, kms

from infra.errors import ConfigError
from infra.site import Site


@dataclass(frozen=True)
class AttestorArgs:
    """`key` is an ASYMMETRIC_SIGN key by full name, inside the jurisdiction; `version` the one that signs.

    `verifiers` maps a short name to an IAM member: Binary Authorization's agents of other projects whose
    policies ask for this attestor.
    """

    site: Site
    attestor: str
    key: pulumi.Input[str]
    version: int = 1
    verifiers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.key, str):
            found = re.search(r"/locations/([^/]+)/", self.key)
            if not found:
                raise ConfigError("key of an attestor", self.key, "a CryptoKey by full name")
            self.site.jurisdiction.require(found[1], f"key of attestor {self.attestor}")
        if self.version < 1:
            raise ConfigError("version", self.version, "1 or more")


class Attestor(pulumi.ComponentResource):
    """`id` is what a policy names, `key_version` what signs; `name` and `note` are short names."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]
    note: pulumi.Output[str]
    key: pulumi.Output[str]
    key_version: pulumi.Output[str]

    def __init__(self, name: str, args: AttestorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:delivery:Attestor", name, {}, opts)
        self.project = args.site.project
        self.key = pulumi.Output.from_input(args.key)
        self.key_version = pulumi.Output.concat(self.key, "/cryptoKeyVersions/", str(args.version))
        note = containeranalysis.Note(
            name,
            name=args.attestor,
            project=self.project,
            attestation_authority={"hint": {"human_readable_name": args.attestor}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        attestor = binaryauthorization.Attestor(
            name,
            name=args.attestor,
            project=self.project,
            attestation_authority_note={"note_reference": note.name, "public_keys": [self._public(args)]},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id, self.name, self.note = attestor.id, attestor.name, note.name
        for who, member in args.verifiers.items():
            binaryauthorization.AttestorIamMember(
                f"{name}-{who}",
                project=self.project,
                attestor=self.name,
                role="roles/binaryauthorization.attestorsVerifier",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"id": self.id})

    def _public(
        self, args: AttestorArgs
    ) -> binaryauthorization.AttestorAttestationAuthorityNotePublicKeyArgsDict:
        """Attestations name the key by this id; another one and no image would ever be admitted."""
        version = kms.get_kms_crypto_key_version_output(
            crypto_key=args.key, version=args.version, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        public = version.public_keys[0]
        return {
            "id": pulumi.Output.concat("//cloudkms.googleapis.com/v1/", self.key_version),
            "pkix_public_key": {"public_key_pem": public.pem, "signature_algorithm": public.algorithm},
        }
