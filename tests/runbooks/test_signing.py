"""Signing by Cloud KMS, against its REST interface on loopback."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runbooks import signing
from runbooks.errors import PackError

KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/evidence"
ALGORITHM = "EC_SIGN_P256_SHA256"


class Kms(http.server.BaseHTTPRequestHandler):
    """Versions 1 (disabled), 2 and 10."""

    private = ec.generate_private_key(ec.SECP256R1())
    signs_with = private
    algorithm = ALGORITHM
    states = {1: "DISABLED", 2: "ENABLED", 10: "ENABLED"}

    def do_GET(self) -> None:
        path = self.path.split("?")[0].removeprefix("/v1/")
        if path.endswith("/publicKey"):
            public = self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            self._say({"pem": public.decode(), "algorithm": self.algorithm})
        elif path.endswith("/cryptoKeyVersions"):
            self._say({"cryptoKeyVersions": [self._version(number) for number in self.states]})
        else:
            self._say(self._version(int(path.rsplit("/", 1)[1])))

    def _version(self, number: int) -> dict[str, Any]:
        return {
            "name": f"{KEY}/cryptoKeyVersions/{number}", "state": self.states[number],
            "algorithm": self.algorithm, "protectionLevel": "HSM", "createTime": "2026-01-01T00:00:00Z",
            "attestation": {"format": "CAVIUM_V2_COMPRESSED", "content": "eA=="},
        }  # fmt: skip

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        digest = base64.b64decode(body["digest"]["sha256"])
        made = self.signs_with.sign(digest, ec.ECDSA(Prehashed(SHA256())))
        self._say({"signature": base64.b64encode(made).decode()})

    def _say(self, told: Any) -> None:
        raw = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[type[Kms], str]]:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "token")

    class Fresh(Kms):
        """Of this test."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fresh)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Fresh, f"http://127.0.0.1:{server.server_port}/v1/"
    server.shutdown()
    server.server_close()


def test_the_newest_enabled_version_signs_and_its_attestation_is_kept(kms: Any) -> None:
    found = signing.key(KEY, kms[1])
    assert found.signer.key == f"{KEY}/cryptoKeyVersions/10"
    assert found.about["protection_level"] == "HSM"
    assert found.about["attestation"]["content"] == "eA=="
    made = found.signer.sign_digest(bytes(32))
    Kms.private.public_key().verify(made, bytes(32), ec.ECDSA(Prehashed(SHA256())))


def test_a_version_that_is_named_signs(kms: Any) -> None:
    name = f"{KEY}/cryptoKeyVersions/2"
    assert signing.key(name, kms[1]).signer.key == name


def test_a_signature_that_does_not_fit_is_not_kept(kms: Any) -> None:
    kms[0].signs_with = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(PackError, match="does not fit its public key"):
        signing.key(KEY, kms[1]).signer.sign_digest(bytes(32))


def test_a_key_without_an_enabled_version_is_refused(kms: Any) -> None:
    kms[0].states = {1: "DISABLED"}
    with pytest.raises(PackError, match="has no enabled version"):
        signing.key(KEY, kms[1])


def test_a_key_of_another_algorithm_is_refused(kms: Any) -> None:
    kms[0].algorithm = "RSA_SIGN_PSS_2048_SHA256"
    with pytest.raises(PackError, match="is for RSA_SIGN_PSS_2048_SHA256"):
        signing.key(f"{KEY}/cryptoKeyVersions/2", kms[1])


def test_no_cloud_kms_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "token")
    with pytest.raises(PackError, match="Cloud KMS does not answer at http"):
        signing.key(KEY, "http://127.0.0.1:9/")
