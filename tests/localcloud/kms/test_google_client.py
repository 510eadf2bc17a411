"""Google's Cloud KMS client against a running local cloud."""

from __future__ import annotations

import hashlib
import uuid

import google_crc32c
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from google.api_core.exceptions import BadRequest, Conflict, Forbidden
from google.cloud import kms_v1

from tests.localcloud import google_clients
from tests.localcloud.running import RunningCloud

PLACE = "projects/careplane-cell/locations/europe-west3"
_TENANT = "serviceAccount:tenant-{}@careplane-cell.iam.gserviceaccount.com"


@pytest.fixture
def ring(localcloud: RunningCloud) -> str:
    name = f"ring-{uuid.uuid4().hex[:8]}"
    return google_clients.kms(localcloud).create_key_ring(parent=PLACE, key_ring_id=name, key_ring={}).name


def _key(cloud: RunningCloud, ring: str, purpose: str, algorithm: str | None = None) -> str:
    key: dict[str, object] = {"purpose": purpose}
    if algorithm:
        key["versionTemplate"] = {"algorithm": algorithm}
    made = cloud.request(
        "cloudkms", "POST", f"/v1/{ring}/cryptoKeys", key, params={"cryptoKeyId": uuid.uuid4().hex}
    )
    return str(made.raise_for_status().json()["name"])


def test_encrypt_and_decrypt_with_checksums(localcloud: RunningCloud, ring: str) -> None:
    client, key = google_clients.kms(localcloud), _key(localcloud, ring, "ENCRYPT_DECRYPT")
    sealed = client.encrypt(
        request={
            "name": key,
            "plaintext": b"data key",
            "plaintext_crc32c": google_crc32c.value(b"data key"),
            "additional_authenticated_data": b"tenant",
        }
    )
    assert sealed.verified_plaintext_crc32c and not sealed.verified_additional_authenticated_data_crc32c
    assert sealed.ciphertext_crc32c == google_crc32c.value(sealed.ciphertext)
    opened = client.decrypt(
        request={"name": key, "ciphertext": sealed.ciphertext, "additional_authenticated_data": b"tenant"}
    )
    assert opened.plaintext == b"data key" and opened.used_primary


@pytest.mark.parametrize(
    ("algorithm", "digest"), [("EC_SIGN_P256_SHA256", "sha256"), ("EC_SIGN_P384_SHA384", "sha384")]
)
def test_elliptic_signatures_verify(localcloud: RunningCloud, ring: str, algorithm: str, digest: str) -> None:
    client = google_clients.kms(localcloud)
    version = _key(localcloud, ring, "ASYMMETRIC_SIGN", algorithm) + "/cryptoKeyVersions/1"
    public = client.get_public_key(name=version)
    assert public.pem_crc32c == google_crc32c.value(public.pem.encode())
    key = serialization.load_pem_public_key(public.pem.encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signed = client.asymmetric_sign(
        request={"name": version, "digest": {digest: hashlib.new(digest, b"token").digest()}}
    )
    key.verify(signed.signature, b"token", ec.ECDSA(getattr(hashes, digest.upper())()))


@pytest.mark.parametrize("algorithm", ["RSA_SIGN_PSS_2048_SHA256", "RSA_SIGN_PKCS1_3072_SHA256"])
def test_rsa_signatures_verify(localcloud: RunningCloud, ring: str, algorithm: str) -> None:
    client = google_clients.kms(localcloud)
    version = _key(localcloud, ring, "ASYMMETRIC_SIGN", algorithm) + "/cryptoKeyVersions/1"
    key = serialization.load_pem_public_key(client.get_public_key(name=version).pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    signed = client.asymmetric_sign(request={"name": version, "data": b"evidence"})
    pad = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if "PSS" in algorithm else padding.PKCS1v15()
    key.verify(signed.signature, b"evidence", pad, hashes.SHA256())


def test_asymmetric_decryption(localcloud: RunningCloud, ring: str) -> None:
    client = google_clients.kms(localcloud)
    version = (
        _key(localcloud, ring, "ASYMMETRIC_DECRYPT", "RSA_DECRYPT_OAEP_2048_SHA256") + "/cryptoKeyVersions/1"
    )
    key = serialization.load_pem_public_key(client.get_public_key(name=version).pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    sealed = key.encrypt(b"secret", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    assert client.asymmetric_decrypt(name=version, ciphertext=sealed).plaintext == b"secret"


def test_macs_and_random_bytes(localcloud: RunningCloud, ring: str) -> None:
    client = google_clients.kms(localcloud)
    version = _key(localcloud, ring, "MAC", "HMAC_SHA256") + "/cryptoKeyVersions/1"
    mac = client.mac_sign(name=version, data=b"row").mac
    assert client.mac_verify(name=version, data=b"row", mac=mac).success
    assert not client.mac_verify(name=version, data=b"other row", mac=mac).success
    random = client.generate_random_bytes(location=PLACE, length_bytes=32)
    assert len(random.data) == 32


def test_a_ring_is_made_once_and_a_key_disabled_by_its_version(localcloud: RunningCloud, ring: str) -> None:
    client, key = google_clients.kms(localcloud), _key(localcloud, ring, "ENCRYPT_DECRYPT")
    with pytest.raises(Conflict):
        client.create_key_ring(parent=PLACE, key_ring_id=ring.rsplit("/")[-1], key_ring={})
    localcloud.request(
        "cloudkms",
        "PATCH",
        f"/v1/{key}/cryptoKeyVersions/1",
        {"state": "DISABLED"},
        params={"updateMask": "state"},
    ).raise_for_status()
    with pytest.raises(BadRequest, match="DISABLED"):
        client.encrypt(name=key, plaintext=b"x")


def test_keys_and_versions_are_made_and_changed_with_enums_as_numbers(
    localcloud: RunningCloud, ring: str
) -> None:
    client = google_clients.kms(localcloud)
    purpose = kms_v1.CryptoKey.CryptoKeyPurpose.ASYMMETRIC_SIGN
    algorithm = kms_v1.CryptoKeyVersion.CryptoKeyVersionAlgorithm.EC_SIGN_P256_SHA256
    key = client.create_crypto_key(
        parent=ring,
        crypto_key_id="token",
        crypto_key={"purpose": purpose, "version_template": {"algorithm": algorithm}},
    )
    assert key.purpose == purpose and key.version_template.algorithm == algorithm
    states = kms_v1.CryptoKeyVersion.CryptoKeyVersionState
    version = client.update_crypto_key_version(
        crypto_key_version={"name": f"{key.name}/cryptoKeyVersions/1", "state": states.DISABLED},
        update_mask={"paths": ["state"]},
    )
    assert version.state == states.DISABLED
    stored = localcloud.request("cloudkms", "GET", f"/v1/{version.name}").json()
    assert (stored["state"], stored["algorithm"]) == ("DISABLED", "EC_SIGN_P256_SHA256")


def test_a_number_that_no_purpose_has_is_refused(localcloud: RunningCloud, ring: str) -> None:
    made = localcloud.request(
        "cloudkms", "POST", f"/v1/{ring}/cryptoKeys", {"purpose": 4711}, params={"cryptoKeyId": "k"}
    )
    assert made.status_code == 400, made.text
    assert "4711" in made.json()["error"]["message"]


def test_one_tenants_account_is_refused_the_others_key(localcloud: RunningCloud, ring: str) -> None:
    key = _key(localcloud, ring, "ENCRYPT_DECRYPT")
    mine, other = _TENANT.format("riverside"), _TENANT.format("lakeside")
    localcloud.request(
        "cloudkms",
        "POST",
        f"/v1/{key}:setIamPolicy",
        {"policy": {"bindings": [{"role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "members": [mine]}]}},
    ).raise_for_status()
    owner = google_clients.kms(localcloud, localcloud.token(mine, "careplane-cell"))
    sealed = owner.encrypt(name=key, plaintext=b"mine").ciphertext
    attacker = google_clients.kms(localcloud, localcloud.token(other, "careplane-cell"))
    with pytest.raises(Forbidden):
        attacker.decrypt(name=key, ciphertext=sealed)
    with pytest.raises(Forbidden):
        attacker.encrypt(name=key, plaintext=b"x")
    with pytest.raises(Forbidden):
        owner.destroy_crypto_key_version(name=f"{key}/cryptoKeyVersions/1")


def test_keys_outlive_a_kill(fresh_localcloud: RunningCloud) -> None:
    client = google_clients.kms(fresh_localcloud)
    ring = client.create_key_ring(parent=PLACE, key_ring_id="r", key_ring={}).name
    key = _key(fresh_localcloud, ring, "ENCRYPT_DECRYPT")
    sealed = client.encrypt(name=key, plaintext=b"kept").ciphertext
    fresh_localcloud.stop(9)
    fresh_localcloud.start()
    assert google_clients.kms(fresh_localcloud).decrypt(name=key, ciphertext=sealed).plaintext == b"kept"
