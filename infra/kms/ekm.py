"""The way to an external key manager inside the network, for EXTERNAL_VPC keys (check 2).

https://cloud.google.com/kms/docs/create-ekm-connection
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

import pulumi
from cryptography import x509
from pulumi_gcp import kms

from infra.errors import ConfigError
from infra.site import Site

MODES = ("CLOUD_KMS", "MANUAL")
MOST_CERTIFICATES = 10
_SERVICE = re.compile(r"projects/[^/]+/locations/([^/]+)/namespaces/[^/]+/services/[^/]+")


@dataclass(frozen=True)
class EkmConnectionArgs:
    """`service` is the Service Directory service in front of the key manager, in the site's region.

    `certificates` are the leaf certificates of `hostname`, DER in base64, 1 to 10. `mode` CLOUD_KMS lets
    Cloud KMS make and rotate keys in `crypto_space`; MANUAL leaves both to the key manager's people.
    """

    site: Site
    connection: str
    service: pulumi.Input[str]
    hostname: str
    certificates: tuple[str, ...]
    mode: str = "CLOUD_KMS"
    crypto_space: str | None = None
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigError("mode", self.mode, MODES)
        if bool(self.crypto_space) != (self.mode == "CLOUD_KMS"):
            raise ConfigError("crypto_space", self.crypto_space, "a path with CLOUD_KMS, nothing with MANUAL")
        if not 1 <= len(self.certificates) <= MOST_CERTIFICATES:
            raise ConfigError("certificates", len(self.certificates), f"1 to {MOST_CERTIFICATES}")
        for certificate in self.certificates:
            _require_certificate(certificate)
        if isinstance(self.service, str):
            self._require_service(self.service)

    def _require_service(self, service: str) -> None:
        found = _SERVICE.fullmatch(service)
        if found is None:
            raise ConfigError("service", service, "projects/*/locations/*/namespaces/*/services/*")
        if self.site.jurisdiction.require(found[1], "service") != self.site.region:
            raise ConfigError("service", service, f"a service in {self.site.region}, as the connection is")


class EkmConnection(pulumi.ComponentResource):
    """`id` is the `backend` of a Ring. Google deletes no connection: it outlives its stack."""

    def __init__(
        self, name: str, args: EkmConnectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("careplane:kms:EkmConnection", name, {}, opts)
        self.connection = kms.EkmConnection(
            name,
            name=args.connection,
            project=args.site.project,
            location=args.site.region,
            key_management_mode=args.mode,
            crypto_space_path=args.crypto_space,
            service_resolvers=[
                {
                    "service_directory_service": args.service,
                    "hostname": args.hostname,
                    "server_certificates": [{"raw_der": each} for each in args.certificates],
                }
            ],
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.id = self.connection.id
        self.register_outputs({"id": self.id})


def _require_certificate(text: str) -> None:
    try:
        x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ConfigError("certificates", text[:20], "X.509 certificates, DER in base64") from error
