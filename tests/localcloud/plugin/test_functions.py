"""What a program may ask without making anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pulumi.runtime.proto import provider_pb2 as pb

from localcloud.plugin.values import plain, struct
from localcloud.ports import APIS
from tests.localcloud.plugin.engine import Engine, plugin
from tests.localcloud.running import RunningCloud


@pytest.fixture
def engine(localcloud: RunningCloud) -> Iterator[Engine]:
    urls = {key: localcloud.settings.url(api.name) + path for api in APIS for key, path in api.endpoints}
    with plugin({**urls, "project": "careplane-cell", "accessToken": localcloud.operator_token}) as made:
        yield made


def _invoke(engine: Engine, token: str, args: dict[str, Any]) -> dict[str, Any]:
    return plain(getattr(engine.stub.Invoke(pb.InvokeRequest(tok=token, args=struct(args))), "return"))[0]


def test_a_project_is_looked_up(engine: Engine) -> None:
    found = _invoke(engine, "gcp:organizations/getProject:getProject", {})
    assert (found["projectId"], found["number"]) == ("careplane-cell", "123456789012")


def test_storages_agent_is_asked_of_storage(engine: Engine) -> None:
    found = _invoke(engine, "gcp:storage/getProjectServiceAccount:getProjectServiceAccount", {})
    email = "service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
    assert (found["emailAddress"], found["member"]) == (email, f"serviceAccount:{email}")


def test_loggings_agent_is_in_its_settings(engine: Engine) -> None:
    args = {"project": "careplane-cell"}
    found = _invoke(engine, "gcp:logging/getProjectCmekSettings:getProjectCmekSettings", args)
    assert found["serviceAccountId"].endswith(".iam.gserviceaccount.com")


def test_bigquerys_agent_is_asked_of_bigquery(engine: Engine) -> None:
    found = _invoke(engine, "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount", {})
    email = "bq-123456789012@bigquery-encryption.iam.gserviceaccount.com"
    assert (found["email"], found["member"]) == (email, f"serviceAccount:{email}")
    assert (found["id"], found["project"]) == (email, "careplane-cell")


RINGS = "projects/careplane-cell/locations/europe-west3/keyRings"
VERSION = "gcp:kms/getKMSCryptoKeyVersion:getKMSCryptoKeyVersion"


def _key(localcloud: RunningCloud, ring: str, purpose: str, algorithm: str) -> str:
    localcloud.request("cloudkms", "POST", f"/v1/{RINGS}", {}, params={"keyRingId": ring})
    body = {"purpose": purpose, "versionTemplate": {"algorithm": algorithm, "protectionLevel": "HSM"}}
    made = localcloud.request(
        "cloudkms", "POST", f"/v1/{RINGS}/{ring}/cryptoKeys", body, params={"cryptoKeyId": "k"}
    )
    return str(made.json()["name"])


def test_a_signing_keys_version_shows_its_public_half(engine: Engine, localcloud: RunningCloud) -> None:
    key = _key(localcloud, "signing", "ASYMMETRIC_SIGN", "EC_SIGN_P256_SHA256")
    found = _invoke(engine, VERSION, {"cryptoKey": key, "version": 1})
    name = f"{key}/cryptoKeyVersions/1"
    assert (found["id"], found["name"]) == (f"//cloudkms.googleapis.com/v1/{name}", name)
    assert (found["state"], found["protectionLevel"]) == ("ENABLED", "HSM")
    (public,) = found["publicKeys"]
    assert public["algorithm"] == found["algorithm"] == "EC_SIGN_P256_SHA256"
    assert load_pem_public_key(public["pem"].encode()).key_size == 256  # type: ignore[union-attr]


def test_a_symmetric_keys_version_has_no_public_half(engine: Engine, localcloud: RunningCloud) -> None:
    key = _key(localcloud, "symmetric", "ENCRYPT_DECRYPT", "GOOGLE_SYMMETRIC_ENCRYPTION")
    found = _invoke(engine, VERSION, {"cryptoKey": key})
    assert found["version"] == 1 and found["publicKeys"] == []
    with pytest.raises(grpc.RpcError, match="cryptoKeyVersions/7"):
        _invoke(engine, VERSION, {"cryptoKey": key, "version": 7})
