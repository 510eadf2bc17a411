"""Cloud KMS: what keys do - encrypt, decrypt, sign, verify, random bytes."""

from __future__ import annotations

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.cmek import key_of
from localcloud.kms import asymmetric, keys, material, symmetric, versions
from localcloud.kms.algorithms import Algorithm, algorithm
from localcloud.kms.checksum import crc32c, encoded, field_bytes, verified
from localcloud.registry import behaviour

_KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys"
_VERSIONS = f"{_KEYS}.cryptoKeyVersions"
_USE = "cloudkms.cryptoKeyVersions"
_SOFTWARE_LIMIT, _HSM_LIMIT = 64 * 1024, 8 * 1024


@behaviour(f"{_KEYS}.encrypt", permission=f"{_USE}.useToEncrypt")
def encrypt(cloud: Cloud, call: Call) -> Json:
    name = _version_to_encrypt(cloud, call.name)
    version = versions.usable(cloud, name)
    plain, additional = _field(call, "plaintext"), _field(call, "additionalAuthenticatedData")
    checked = _checked(call, plaintext=plain, additionalAuthenticatedData=additional)
    _within_limits(version, plain, additional)
    sealed = symmetric.seal(
        key_of(name), versions.number(name), material.read(cloud, name), plain, additional
    )
    return {
        "name": name,
        **encoded("ciphertext", sealed),
        **checked,
        "protectionLevel": version["protectionLevel"],
    }


@behaviour(f"{_KEYS}.decrypt", permission=f"{_USE}.useToDecrypt")
def decrypt(cloud: Cloud, call: Call) -> Json:
    key = _with_purpose(keys.load(cloud, call.name), "ENCRYPT_DECRYPT")
    sealed, additional = _field(call, "ciphertext"), _field(call, "additionalAuthenticatedData")
    _checked(call, ciphertext=sealed, additionalAuthenticatedData=additional)
    name = f"{call.name}/cryptoKeyVersions/{symmetric.version_of(call.name, sealed)}"
    if cloud.store.get(versions.API, name) is None:
        raise symmetric.wrong_ciphertext()
    version = versions.usable(cloud, name)
    plain = symmetric.unseal(material.read(cloud, name), sealed, additional)
    answer = {**encoded("plaintext", plain), "protectionLevel": version["protectionLevel"]}
    return answer | ({"usedPrimary": True} if key.get("primary", {}).get("name") == name else {})


@behaviour(f"{_VERSIONS}.asymmetricSign", permission=f"{_USE}.useToSign")
def sign(cloud: Cloud, call: Call) -> Json:
    version, kind, secret = _version(cloud, call, "ec", "ed25519", "pss", "pkcs1")
    data, digests = _field(call, "data"), (call.body or {}).get("digest") or {}
    checked = _checked(call, data=data)
    if bool(digests) == ("data" in (call.body or {})):
        raise ApiError(400, "Exactly one of 'digest' and 'data' must be given.")
    if not digests:
        signature = asymmetric.sign_data(kind, secret, data)
    else:
        signature = asymmetric.sign(kind, secret, _digest(call, kind, digests, checked))
    return {
        **encoded("signature", signature),
        **checked,
        "name": call.name,
        "protectionLevel": version["protectionLevel"],
    }


def _digest(call: Call, kind: Algorithm, digests: Json, checked: Json) -> bytes:
    """The digest given, if it is of the algorithm's kind."""
    if kind.family == "ed25519" or list(digests) != [kind.digest]:
        allowed = "none (send 'data')" if kind.family == "ed25519" else kind.digest
        raise ApiError(400, f"Digest {', '.join(digests)} does not fit {kind.name}; allowed: {allowed}.")
    digest = field_bytes(digests, kind.digest)
    if verified(call.body or {}, "digest", digest):
        checked["verifiedDigestCrc32c"] = True
    return digest


@behaviour(f"{_VERSIONS}.getPublicKey", permission=f"{_USE}.viewPublicKey")
def public_key(cloud: Cloud, call: Call) -> Json:
    version, _, secret = _version(cloud, call, "ec", "ed25519", "pss", "pkcs1", "oaep")
    wanted = call.query.get("publicKeyFormat", "PEM")
    if wanted not in ("PEM", "PUBLIC_KEY_FORMAT_UNSPECIFIED"):
        raise ApiError(501, f"publicKeyFormat {wanted} is not offered here; allowed: PEM.")
    pem = asymmetric.public_pem(secret)
    return {
        "pem": pem.decode(),
        "pemCrc32c": crc32c(pem),
        "algorithm": version["algorithm"],
        "name": version["name"],
        "protectionLevel": version["protectionLevel"],
        "publicKeyFormat": "PEM",
        "publicKey": {"data": encoded("data", pem)["data"], "crc32cChecksum": crc32c(pem)},
    }


@behaviour(f"{_VERSIONS}.asymmetricDecrypt", permission=f"{_USE}.useToDecrypt")
def asymmetric_decrypt(cloud: Cloud, call: Call) -> Json:
    version, kind, secret = _version(cloud, call, "oaep")
    sealed = _field(call, "ciphertext")
    checked = _checked(call, ciphertext=sealed)
    return {
        **encoded("plaintext", asymmetric.decrypt(kind, secret, sealed)),
        **checked,
        "protectionLevel": version["protectionLevel"],
    }


@behaviour(f"{_VERSIONS}.macSign", permission=f"{_USE}.useToSign")
def mac_sign(cloud: Cloud, call: Call) -> Json:
    version, kind, secret = _version(cloud, call, "hmac")
    data = _field(call, "data")
    checked = _checked(call, data=data)
    return {
        **encoded("mac", hmac.digest(secret, data, kind.digest)),
        **checked,
        "name": call.name,
        "protectionLevel": version["protectionLevel"],
    }


@behaviour(f"{_VERSIONS}.macVerify", permission=f"{_USE}.useToVerify")
def mac_verify(cloud: Cloud, call: Call) -> Json:
    version, kind, secret = _version(cloud, call, "hmac")
    data, mac = _field(call, "data"), _field(call, "mac")
    checked = _checked(call, data=data, mac=mac)
    success = hmac.compare_digest(hmac.digest(secret, data, kind.digest), mac)
    return {
        "success": success,
        "verifiedSuccessIntegrity": success,
        **checked,
        "name": call.name,
        "protectionLevel": version["protectionLevel"],
    }


@behaviour(f"{_VERSIONS}.rawEncrypt", permission=f"{_USE}.useToEncrypt")
def raw_encrypt(cloud: Cloud, call: Call) -> Json:
    version, _, secret = _version(cloud, call, "raw")
    plain, additional = _field(call, "plaintext"), _field(call, "additionalAuthenticatedData")
    checked = _checked(call, plaintext=plain, additionalAuthenticatedData=additional)
    _within_limits(version, plain, additional)
    nonce = os.urandom(12)
    return {
        **encoded("ciphertext", AESGCM(secret).encrypt(nonce, plain, additional)),
        **encoded("initializationVector", nonce),
        "tagLength": 16,
        **checked,
        "name": call.name,
        "protectionLevel": version["protectionLevel"],
    }


@behaviour(f"{_VERSIONS}.rawDecrypt", permission=f"{_USE}.useToDecrypt")
def raw_decrypt(cloud: Cloud, call: Call) -> Json:
    version, _, secret = _version(cloud, call, "raw")
    sealed, nonce = _field(call, "ciphertext"), _field(call, "initializationVector")
    additional = _field(call, "additionalAuthenticatedData")
    checked = _checked(
        call, ciphertext=sealed, initializationVector=nonce, additionalAuthenticatedData=additional
    )
    try:
        plain = AESGCM(secret).decrypt(nonce, sealed, additional)
    except (InvalidTag, ValueError) as error:
        raise symmetric.wrong_ciphertext() from error
    return {**encoded("plaintext", plain), **checked, "protectionLevel": version["protectionLevel"]}


@behaviour(
    "cloudkms.projects.locations.generateRandomBytes", permission="cloudkms.locations.generateRandomBytes"
)
def random_bytes(cloud: Cloud, call: Call) -> Json:
    length = (call.body or {}).get("lengthBytes")
    if not isinstance(length, int) or not 8 <= length <= 1024:
        raise ApiError(400, f"lengthBytes: {length!r} is not allowed; allowed: 8 to 1024.")
    data = os.urandom(length)
    return {"data": encoded("data", data)["data"], "dataCrc32c": crc32c(data)}


def _field(call: Call, field: str) -> bytes:
    return field_bytes(call.body or {}, field)


def _checked(call: Call, **fields: bytes) -> Json:
    """`verified…Crc32c` for each field whose checksum the caller sent and which is right."""
    sent = [field for field, data in fields.items() if verified(call.body or {}, field, data)]
    return {f"verified{field[0].upper()}{field[1:]}Crc32c": True for field in sent}


def _with_purpose(key: Json, purpose: str) -> Json:
    if key["purpose"] != purpose:
        raise ApiError(
            400, f"{key['name']} has purpose {key['purpose']}; this needs {purpose}.", "FAILED_PRECONDITION"
        )
    return key


def _version_to_encrypt(cloud: Cloud, name: str) -> str:
    """The named version, or the primary of the named key."""
    key = _with_purpose(keys.load(cloud, key_of(name)), "ENCRYPT_DECRYPT")
    return name if "/cryptoKeyVersions/" in name else keys.enabled_primary(cloud, key)


def _version(cloud: Cloud, call: Call, *families: str) -> tuple[Json, Algorithm, bytes]:
    """A usable version of the right kind, its algorithm and its material."""
    name = call.name.removesuffix("/publicKey")
    version = versions.usable(cloud, name)
    kind = algorithm(version["algorithm"])
    if kind.family not in families:
        raise ApiError(
            400, f"{call.name} has algorithm {kind.name}, which cannot do this.", "FAILED_PRECONDITION"
        )
    return version, kind, material.read(cloud, name)


def _within_limits(version: Json, plain: bytes, additional: bytes) -> None:
    """Google's sizes: 64 KiB each in software, 8 KiB together in hardware."""
    if version["protectionLevel"] == "SOFTWARE":
        over, limit = max(len(plain), len(additional)) > _SOFTWARE_LIMIT, _SOFTWARE_LIMIT
    else:
        over, limit = len(plain) + len(additional) > _HSM_LIMIT, _HSM_LIMIT
    if over:
        raise ApiError(
            400,
            f"Plaintext and additional data may have at most {limit} bytes at protection level "
            f"{version['protectionLevel']}.",
        )
