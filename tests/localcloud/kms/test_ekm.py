"""Keys behind a connection to an external manager: they work, and stop with the connection."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from localcloud import cmek
from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.faults import tell_owners
from tests.localcloud.clouds import local_cloud
from tests.localcloud.harness import call
from tests.localcloud.kms import keys

_KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys"
_CONNECTIONS = "cloudkms.projects.locations.ekmConnections"
NAME = f"{keys.PLACE}/ekmConnections/ekm"
EXTERNAL = {"protectionLevel": "EXTERNAL_VPC", "algorithm": "EXTERNAL_SYMMETRIC_ENCRYPTION"}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with local_cloud(tmp_path) as made:
        yield made


def connect(cloud: Cloud, mode: str = "CLOUD_KMS", **more: Any) -> Json:
    resolver = {
        "hostname": "ekm.example.org",
        "serviceDirectoryService": f"{keys.PLACE}/namespaces/n/services/s",
        "serverCertificates": [{"rawDer": base64.b64encode(b"no certificate").decode()}],
    }
    body = {"serviceResolvers": [resolver], "keyManagementMode": mode, "cryptoSpacePath": "v0/space", **more}
    place = f"{keys.PLACE}/ekmConnections"
    return call(cloud, f"{_CONNECTIONS}.create", place, body, query={"ekmConnectionId": "ekm"})  # type: ignore[no-any-return]


def cut(cloud: Cloud, kind: str, parameters: Json | None) -> None:
    if parameters is None:
        cloud.faults.end(kind, NAME)  # type: ignore[attr-defined]
    else:
        cloud.faults.begin(kind, NAME, parameters)  # type: ignore[attr-defined]
    tell_owners(cloud, kind, NAME, parameters)


def test_a_key_behind_a_connection_encrypts(cloud: Cloud) -> None:
    connect(cloud)
    keys.make_key(cloud, versionTemplate=EXTERNAL, cryptoKeyBackend=NAME)
    sealed = keys.encrypt(cloud, b"record")
    opened = call(cloud, f"{_KEYS}.decrypt", f"{keys.RING}/cryptoKeys/key", {"ciphertext": sealed})
    assert base64.b64decode(opened["plaintext"]) == b"record"
    assert opened["protectionLevel"] == "EXTERNAL_VPC"
    version = cloud.store.get("cloudkms", f"{keys.RING}/cryptoKeys/key/cryptoKeyVersions/1") or {}
    assert version["externalProtectionLevelOptions"]["ekmConnectionKeyPath"].startswith("v0/space/")


def test_a_key_behind_a_connection_signs(cloud: Cloud) -> None:
    connect(cloud)
    template = {"protectionLevel": "EXTERNAL_VPC", "algorithm": "EC_SIGN_P256_SHA256"}
    keys.make_key(cloud, purpose="ASYMMETRIC_SIGN", versionTemplate=template, cryptoKeyBackend=NAME)
    version = f"{keys.RING}/cryptoKeys/key/cryptoKeyVersions/1"
    digest = hashlib.sha256(b"evidence").digest()
    sent = {"digest": {"sha256": base64.b64encode(digest).decode()}}
    signature = call(cloud, f"{_KEYS}.cryptoKeyVersions.asymmetricSign", version, sent)["signature"]
    pem = call(cloud, f"{_KEYS}.cryptoKeyVersions.getPublicKey", version)["pem"]
    public = serialization.load_pem_public_key(pem.encode())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(base64.b64decode(signature), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


@pytest.mark.parametrize("kind", ["network-cut", "key-disabled"])
def test_use_fails_while_the_connection_is_cut_and_comes_back(cloud: Cloud, kind: str) -> None:
    connect(cloud)
    keys.make_key(cloud, versionTemplate=EXTERNAL, cryptoKeyBackend=NAME)
    told: list[str] = []
    cmek.on_key_change(lambda _, key: told.append(key))
    cut(cloud, kind, {})
    with pytest.raises(ApiError) as refused:
        keys.encrypt(cloud, b"record")
    assert refused.value.code == 400 and "cannot be reached" in refused.value.message
    with pytest.raises(ApiError):
        call(cloud, f"{_CONNECTIONS}.verifyConnectivity", NAME)
    cut(cloud, kind, None)
    assert keys.encrypt(cloud, b"record")
    assert told.count(f"{keys.RING}/cryptoKeys/key") == 2


def test_a_connection_managed_by_hand_needs_versions_by_hand(cloud: Cloud) -> None:
    connect(cloud, "MANUAL")
    with pytest.raises(ApiError) as refused:
        keys.make_key(cloud, versionTemplate=EXTERNAL, cryptoKeyBackend=NAME)
    assert "skipInitialVersionCreation" in refused.value.message
    body = {"purpose": "ENCRYPT_DECRYPT", "versionTemplate": EXTERNAL, "cryptoKeyBackend": NAME}
    query = {"cryptoKeyId": "key", "skipInitialVersionCreation": "true"}
    call(cloud, f"{_KEYS}.create", f"{keys.RING}/cryptoKeys", body, query=query)
    versions = f"{keys.RING}/cryptoKeys/key/cryptoKeyVersions"
    with pytest.raises(ApiError) as pathless:
        call(cloud, f"{_KEYS}.cryptoKeyVersions.create", versions, {})
    assert "ekmConnectionKeyPath" in pathless.value.message
    path = {"externalProtectionLevelOptions": {"ekmConnectionKeyPath": "v0/1"}}
    call(cloud, f"{_KEYS}.cryptoKeyVersions.create", versions, path)
    assert keys.encrypt(cloud, b"record")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"versionTemplate": EXTERNAL}, "needs one"),
        ({"versionTemplate": EXTERNAL, "cryptoKeyBackend": f"{NAME}2"}, "does not exist"),
        ({"cryptoKeyBackend": NAME}, "only with protection level EXTERNAL_VPC"),
        (
            {
                "versionTemplate": {**EXTERNAL, "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"},
                "cryptoKeyBackend": NAME,
            },
            "allowed: EXTERNAL_SYMMETRIC_ENCRYPTION",
        ),
    ],
)
def test_bad_external_keys(cloud: Cloud, body: Json, said: str) -> None:
    connect(cloud)
    with pytest.raises(ApiError) as refused:
        keys.make_key(cloud, **body)
    assert refused.value.code == 400 and said in refused.value.message


def test_a_connection_says_what_is_wrong_with_it(cloud: Cloud) -> None:
    with pytest.raises(ApiError) as refused:
        connect(cloud, cryptoSpacePath="")
    assert "cryptoSpacePath" in refused.value.message
    found = connect(cloud)
    assert found["serviceResolvers"][0]["serverCertificates"][0]["parsed"] is False
