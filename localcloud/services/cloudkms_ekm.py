"""Cloud KMS: connections to an external key manager (EKM), for keys of protection level EXTERNAL_VPC.

No external manager is reached: localcloud stands in for it and holds the key material, one per version.
A connection that the faults `key-disabled` or `network-cut` hit stops every key behind it.
https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.ekmConnections
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from localcloud import cmek, generic
from localcloud.api import ApiError, Call, Json, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.kms import ekm, versions
from localcloud.registry import behaviour, on_fault
from localcloud.timestamps import stamp

API = versions.API
_C = "cloudkms.projects.locations.ekmConnections"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,63}")


@behaviour(f"{_C}.create")
def create(cloud: Cloud, call: Call) -> Json:
    given = call.query.get("ekmConnectionId", "")
    if not _ID.fullmatch(given):
        raise ApiError(
            400, f"ekmConnectionId: {given!r} is not allowed; allowed: 1 to 63 letters, digits, '_' and '-'"
        )
    name = f"{call.name}/{given}"
    with cloud.store.transaction():
        if cloud.store.get(API, name) is not None:
            raise already_exists(name)
        body = {**(call.body or {}), "name": name, "createTime": stamp(cloud.clock.now())}
        _fill(body)
        cloud.store.put(API, name, body)
    return body


@behaviour(f"{_C}.patch")
def patch(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        generic.load(cloud, API, call.name)
        body = generic.change(cloud, call)
        _fill(body)
        cloud.store.put(API, call.name, body)
    return body


@behaviour(f"{_C}.verifyConnectivity", permission="cloudkms.ekmConnections.verifyConnectivity")
def verify(cloud: Cloud, call: Call) -> Json:
    if cloud.store.get(API, call.name) is None:
        raise not_found(call.name)
    ekm.require(cloud, call.name)
    return {}


def _fill(body: Json) -> None:
    resolvers = body.get("serviceResolvers") or []
    if len(resolvers) != 1:
        raise ApiError(400, f"serviceResolvers: allowed is exactly one, not {len(resolvers)}.")
    for key in ("hostname", "serviceDirectoryService", "serverCertificates"):
        if not resolvers[0].get(key):
            raise ApiError(400, f"serviceResolvers.{key}: a resolver needs it.")
    certificates = resolvers[0]["serverCertificates"]
    if len(certificates) > 10:
        raise ApiError(400, "serviceResolvers.serverCertificates: allowed are up to 10.")
    resolvers[0]["serverCertificates"] = [_parsed(one) for one in certificates]
    body.setdefault("keyManagementMode", "MANUAL")
    if body["keyManagementMode"] == "CLOUD_KMS" and not body.get("cryptoSpacePath"):
        raise ApiError(400, "cryptoSpacePath: keyManagementMode CLOUD_KMS needs one.")
    body["etag"] = generic.new_etag()


def _parsed(given: Json) -> Json:
    """The certificate with what Google reads out of it; DER that is none is kept as not parsed."""
    try:
        raw = base64.b64decode(str(given.get("rawDer", "")), validate=True)
    except binascii.Error:
        raise ApiError(400, "serverCertificates.rawDer: allowed is DER in base64.") from None
    found: Json = {"rawDer": given["rawDer"]}
    try:
        certificate = x509.load_der_x509_certificate(raw)
    except ValueError:
        return {**found, "parsed": False}
    return {
        **found,
        "parsed": True,
        "issuer": certificate.issuer.rfc4514_string(),
        "subject": certificate.subject.rfc4514_string(),
        "notBeforeTime": stamp(certificate.not_valid_before_utc),
        "notAfterTime": stamp(certificate.not_valid_after_utc),
        "serialNumber": f"{certificate.serial_number:x}",
        "sha256Fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
        "subjectAlternativeDnsNames": _names(certificate),
    }


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found: Any = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return list(found.value.get_values_for_type(x509.DNSName))


@on_fault("key-disabled")
@on_fault("network-cut")
def connection_fault(cloud: Cloud, target: str, fault: Json | None) -> None:
    """Whatever the connection's keys protect stops, and comes back, with it."""
    for key in ekm.keys_behind(cloud, target):
        cmek.announce(cloud, key)
